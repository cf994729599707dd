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

  /** Within a minute, and not before it was first noted. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  last_used_at!: Date | null;

  /** Whether it demands a signature of every call. */
  @Column('boolean')
  require_signature!: boolean;

  /** Addresses and CIDRs from which it may be used; none: from anywhere. */
  @Column('inet', { array: true })
  allow_ips!: string[];

  /** The id of the key that took its place. */
  @Column('text', { nullable: true })
  replaced_by!: string | null;
}

/** The MAC of a signed request, which works once. */
@Entity('used_signatures')
export class UsedSignature {
  @PrimaryColumn('bytea')
  mac!: Buffer;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  used_at!: Date;
}
