import { Column, Entity, PrimaryColumn } from 'typeorm';

export const CANCELLATION_STATUSES = ['requested', 'accepted', 'rejected', 'timed_out'] as const;
export type CancellationStatus = (typeof CANCELLATION_STATUSES)[number];

export const RESOLVED_BY = ['answer', 'unlock', 'reject', 'fill', 'lock_expiry'] as const;
/** What ended a cancellation request. */
export type ResolvedBy = (typeof RESOLVED_BY)[number];

/** A maker's wish to cancel an order, put to the taker that holds its lock. */
@Entity('cancellation_requests')
export class CancellationRequest {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid')
  order_id!: string;

  /** The order's version at which it was first asked: the latest request of an order has the highest. */
  @Column('integer')
  order_version!: number;

  /** The lock it was made under; it is open only while that lock lives. */
  @Column('uuid')
  lock_id!: string;

  @Column('uuid')
  taker_id!: string;

  @Column('text')
  taker_address!: string;

  @Column('text')
  reason!: string;

  @Column('text')
  status!: CancellationStatus;

  @Column('text', { nullable: true })
  resolved_by!: ResolvedBy | null;

  /** Whether the answer came after the time-out. */
  @Column('boolean')
  late!: boolean;

  /** The taker's words, when it answered. */
  @Column('text', { nullable: true })
  message!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  requested_at!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  expires_at!: Date;

  /** When the push first went out on a live socket of the taker. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  pushed_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  resolved_at!: Date | null;

  /** The span of the call that asked last, no column: read where that is to be traced. */
  asked_in?: string | null;
}

/** Open requests still wait for an answer; one that timed out can be answered late. */
export const OPEN_STATUSES = ['requested', 'timed_out'] as const satisfies CancellationStatus[];
/** For statements that are written once. */
export const OPEN_STATUSES_SQL = OPEN_STATUSES.map((status) => `'${status}'`).join(', ');

export function isOpen(request: CancellationRequest): boolean {
  return (OPEN_STATUSES as readonly CancellationStatus[]).includes(request.status);
}
