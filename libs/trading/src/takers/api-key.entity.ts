import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A taker's API key; of the key itself only the SHA-256 hash is kept. */
@Entity('api_keys')
export class ApiKey {
  /** 16 hex digits, part of the key. */
  @PrimaryColumn('text')
  id!: string;

  @Column('uuid')
  taker_id!: string;

  @Column('bytea')
  key_hash!: Buffer;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  created_at!: Date;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  expires_at!: Date | null;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  revoked_at!: Date | null;
}
