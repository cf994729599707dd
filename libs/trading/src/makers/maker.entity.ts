import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A wallet that has logged in. */
@Entity('makers')
export class Maker {
  @PrimaryColumn('text')
  wallet_address!: string;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  created_at!: Date;

  /** The profile is written by the desk's own systems; the service only shows it. */
  @Column('text', { nullable: true })
  username!: string | null;

  @Column('text', { nullable: true })
  email!: string | null;

  @Column('text', { nullable: true })
  avatar_url!: string | null;

  /** `active`, `inactive` or `suspended`. */
  @Column({ type: 'text', insert: false })
  status!: string;

  /** Tokens of earlier generations were ended by a log-out. */
  @Column({ type: 'integer', insert: false })
  token_generation!: number;

  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  logged_out_at!: Date | null;
}

/** A used nonce of a login message. */
@Entity('login_nonces')
export class LoginNonce {
  @PrimaryColumn('text')
  wallet_address!: string;

  @PrimaryColumn('text')
  nonce!: string;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  used_at!: Date;
}
