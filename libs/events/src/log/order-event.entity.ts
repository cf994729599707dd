import { Column, Entity, PrimaryColumn } from 'typeorm';

export type OrderEventType = 'order_status_change' | 'cancellation_request' | 'cancellation_update';

/** The HTTP call in which a change was made, if it was: the id under which its log lines are found. */
export interface InCall {
  http_request_id?: string;
}

/** The span of a traced change, in the form of W3C Trace Context: what comes of the change anywhere is of the same trace. */
export interface Traced {
  traceparent?: string;
}

/** Who caused a change, and in which trace: audit only, but for the kind, which histories show. */
export type Actor = Traced &
  (
    | ({ kind: 'maker'; wallet_address: string } & InCall)
    | ({ kind: 'taker'; taker_id: string; key_id: string } & InCall)
    | { kind: 'timer' }
    /** A person at the operator's tool, by the name under which the system knows them. */
    | { kind: 'operator'; user: string }
    /** The service itself, when an order's data contradicts itself. */
    | ({ kind: 'service' } & InCall)
  );

export const ACTOR_KINDS = [
  'maker',
  'taker',
  'timer',
  'operator',
  'service',
] as const satisfies Actor['kind'][];

/** What a row says beyond its columns; which fields are there depends on its type. */
export interface OrderEventPayload {
  /** The address that holds, or held at that change, the order's lock. */
  taker?: string | null;
  metadata?: object;
  reason?: string;
  /** Of the request, ISO 8601. */
  expires_at?: string;
  status?: string;
  resolved_by?: string | null;
  late?: boolean;
  message?: string | null;
}

/**
 * One change of an order or of its cancellation request, written in the transaction of that change: audit trail
 * and outbox in one. A participant is sent at most one message for a row, so that the row's id can be the message's; a taker that
 * keeps a book of pending orders one more, with the id after it.
 */
@Entity('order_events')
export class OrderEvent {
  /**
   * Its place in the log, drawn from one sequence while the order's row is locked: within one order it grows with the version.
   * TypeORM wants a key; the partitioned table can have none of this column alone.
   */
  @PrimaryColumn({ type: 'bigint', insert: false })
  seq!: string;

  @Column('uuid')
  order_id!: string;

  /** The order's version after this change; dense from 1. */
  @Column('integer')
  version!: number;

  @Column('text')
  type!: OrderEventType;

  @Column('text', { nullable: true })
  from_status!: string | null;

  @Column('text', { nullable: true })
  to_status!: string | null;

  @Column('uuid', { nullable: true })
  request_id!: string | null;

  @Column('text')
  order_hash!: string;

  @Column('text')
  maker!: string;

  /** The taker that holds, or held at that change, the order's lock. */
  @Column('uuid', { nullable: true })
  taker_id!: string | null;

  @Column('jsonb')
  actor!: Actor;

  @Column('jsonb')
  payload!: OrderEventPayload;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at!: Date;
}
