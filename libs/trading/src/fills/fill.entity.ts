import { safeInteger } from '#database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

export const FILL_STATUSES = ['filled', 'partially_filled'] as const;
export type FillStatus = (typeof FILL_STATUSES)[number];

/** What a taker filled of an order. Amounts are uint256 as decimal strings. */
@Entity('fills')
export class Fill {
  @PrimaryColumn('uuid')
  id!: string;

  /** A partial fill is final: an order has at most one. */
  @Column('uuid')
  order_id!: string;

  @Column('uuid')
  taker_id!: string;

  /** The address that held the lock. */
  @Column('text')
  taker_address!: string;

  /** Whole units. */
  @Column('numeric')
  fill_quantity!: string;

  /** Price × quantity, 18 decimals. */
  @Column('numeric')
  fill_amount!: string;

  /** 18 decimals. */
  @Column('numeric')
  fee_amount!: string;

  /** 18 decimals. */
  @Column('numeric')
  incentive_amount!: string;

  /** The part of the order's incentive that the taker asked for, 18 decimals. */
  @Column('numeric')
  taker_incentive!: string;

  /** What it made of the order. */
  @Column('text')
  status!: FillStatus;

  @Column('text', { nullable: true })
  tx_hash!: string | null;

  @Column('bigint', { nullable: true, transformer: safeInteger })
  block_number!: number | null;

  /** The taker's own name for the trade. */
  @Column('text', { nullable: true })
  reference_id!: string | null;

  @Column({ type: 'timestamptz', precision: 3 })
  created_at!: Date;
}
