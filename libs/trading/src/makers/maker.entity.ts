import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A wallet that has logged in. */
@Entity('makers')
export class Maker {
  @PrimaryColumn('text')
  wallet_address!: string;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  created_at!: Date;
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
