import { safeInteger } from '#database';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { OrderStatus } from './order-status.js';

/** Characters. */
export const NOTES_MAX = 1_000;

/** A maker's signed order. Amounts are uint256 as decimal strings, hashes and addresses lower-case hex. */
@Entity('orders')
export class Order {
  @PrimaryColumn('uuid')
  id!: string;

  /** EIP-712 hash of the order. */
  @Column('text')
  order_hash!: string;

  @Column('text')
  maker!: string;

  @Column('text')
  principal!: string;

  @Column('boolean')
  is_buy!: boolean;

  @Column('text')
  ticker!: string;

  @Column('integer')
  exchange!: number;

  @Column('text')
  asset!: string;

  @Column('numeric')
  price!: string;

  @Column('numeric')
  quantity!: string;

  @Column('numeric')
  incentive!: string;

  /** Unix seconds. */
  @Column('bigint', { transformer: safeInteger })
  deadline!: number;

  @Column('bigint', { transformer: safeInteger })
  nonce!: number;

  @Column('text')
  signature!: string;

  @Column('text')
  status!: OrderStatus;

  @Column('numeric')
  filled_quantity!: string;

  /** Raised by one with each event of the order. */
  @Column('integer')
  version!: number;

  /** The live lock: set while the order is locked, or suspended out of a lock. */
  @Column('uuid', { nullable: true })
  lock_id!: string | null;

  /** The taker's address that holds the lock, or held the last one. */
  @Column('text', { nullable: true })
  locked_by!: string | null;

  @Column('uuid', { nullable: true })
  locked_taker_id!: string | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  locked_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  lock_expires_at!: Date | null;

  /** The last remark a person should know: why it was rejected, suspended or cancelled by hand; at most NOTES_MAX. */
  @Column('text', { nullable: true })
  notes!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3 })
  updated_at!: Date;
}

/** How a caller names an order: by its UUID or by its hash; and, where the call is about one, a cancellation request of it. */
export type OrderReference = ({ id: string } | { order_hash: string }) & { request_id?: string | undefined };
