import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A broker or custodian. */
@Entity('takers')
export class Taker {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  name!: string;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  created_at!: Date;

  @Column({ type: 'text', insert: false })
  status!: 'active' | 'suspended';

  /** Whether it gets keys only with a certificate of its bot. */
  @Column('boolean')
  require_certificate!: boolean;
}

/** An address under which a taker locks orders. */
@Entity('taker_addresses')
export class TakerAddress {
  @PrimaryColumn('text')
  address!: string;

  @Column('uuid')
  taker_id!: string;
}
