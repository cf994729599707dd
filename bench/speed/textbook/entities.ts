import {
  Column,
  CreateDateColumn,
  type DataSourceOptions,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  UpdateDateColumn,
} from 'typeorm';

@Entity('takers')
export class Taker {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ unique: true, length: 42 })
  address!: string;
}

@Entity('api_keys')
export class ApiKey {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ unique: true, length: 64 })
  key_hash!: string;

  @ManyToOne(() => Taker, { eager: true, nullable: false })
  @JoinColumn({ name: 'taker_id' })
  taker!: Taker;

  @Column('timestamptz', { nullable: true })
  revoked_at!: Date | null;
}

export type OrderStatus = 'pending' | 'locked' | 'cancelled' | 'expired';

@Entity('orders')
export class Order {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @Column({ unique: true, length: 66 })
  order_hash!: string;

  @Index()
  @Column({ length: 42 })
  maker!: string;

  @Column({ length: 42 })
  principal!: string;

  @Column()
  is_buy!: boolean;

  @Column({ length: 32 })
  ticker!: string;

  @Column('int')
  exchange!: number;

  @Column({ length: 42 })
  asset!: string;

  @Column('numeric', { precision: 78 })
  price!: string;

  @Column('numeric', { precision: 78 })
  quantity!: string;

  @Column('numeric', { precision: 78 })
  incentive!: string;

  @Column('bigint')
  deadline!: string;

  @Column('bigint')
  nonce!: string;

  @Column()
  signature!: string;

  @Index()
  @Column('varchar', { default: 'pending' })
  status!: OrderStatus;

  @Index()
  @Column('uuid', { nullable: true })
  taker_id!: string | null;

  @Column('timestamptz', { nullable: true })
  locked_at!: Date | null;

  @Column('timestamptz', { nullable: true })
  lock_expires_at!: Date | null;

  @CreateDateColumn({ type: 'timestamptz' })
  created_at!: Date;

  @UpdateDateColumn({ type: 'timestamptz' })
  updated_at!: Date;
}

@Entity('cancellation_requests')
export class CancellationRequest {
  @PrimaryGeneratedColumn('uuid')
  id!: string;

  @ManyToOne(() => Order, { nullable: false })
  @JoinColumn({ name: 'order_id' })
  order!: Order;

  @Index()
  @Column('uuid')
  order_id!: string;

  @Column('varchar', { default: 'requested' })
  status!: 'requested' | 'timed_out' | 'accepted' | 'rejected';

  @Column()
  reason!: string;

  @Column('varchar', { nullable: true })
  message!: string | null;

  @Column('boolean', { default: false })
  late!: boolean;

  @CreateDateColumn({ type: 'timestamptz' })
  requested_at!: Date;

  @Column('timestamptz')
  expires_at!: Date;

  @Column('timestamptz', { nullable: true })
  resolved_at!: Date | null;
}

@Entity('order_events')
export class OrderEvent {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @ManyToOne(() => Order, { nullable: false })
  @JoinColumn({ name: 'order_id' })
  order!: Order;

  @Index()
  @Column('uuid')
  order_id!: string;

  @Column('varchar')
  type!: 'order_status_change' | 'cancellation_request' | 'cancellation_update';

  @Column('jsonb')
  payload!: object;

  @CreateDateColumn({ type: 'timestamptz' })
  created_at!: Date;
}

const POOL_SIZE = 20;

/** TypeORM makes the tables. */
export const textbookOptions = (url: string | undefined): DataSourceOptions => ({
  type: 'postgres',
  url,
  entities: [Taker, ApiKey, Order, CancellationRequest, OrderEvent],
  synchronize: true,
  installExtensions: false,
  uuidExtension: 'pgcrypto',
  poolSize: POOL_SIZE,
});
