import { Entity, PrimaryColumn } from 'typeorm';

/** A taker that held an order before another one locked it; the database writes it down at that lock. */
@Entity('former_takers')
export class FormerTaker {
  @PrimaryColumn('uuid')
  order_id!: string;

  @PrimaryColumn('uuid')
  taker_id!: string;
}
