import { Column, Entity, type EntityManager, PrimaryColumn } from 'typeorm';

/** Who does what no person asked for, such as the keys of a database that is for trying the service out. */
export const SERVICE = 'the service';

export type ActionName =
  | 'taker create'
  | 'taker add-address'
  | 'taker suspend'
  | 'taker resume'
  | 'key create'
  | 'key rotate'
  | 'key revoke'
  | 'maker suspend'
  | 'maker resume'
  | 'maker logout';

/** What an operator did to a taker, a key or a maker, written in the transaction of that change. Orders have their events. */
@Entity('operator_actions')
export class OperatorAction {
  @PrimaryColumn({ type: 'bigint', insert: false })
  id!: string;

  @Column({ type: 'timestamptz', precision: 3, insert: false })
  done_at!: Date;

  @Column('text')
  operator!: string;

  @Column('text')
  action!: ActionName;

  @Column('uuid', { nullable: true })
  taker_id!: string | null;

  @Column('text', { nullable: true })
  key_id!: string | null;

  @Column('text', { nullable: true })
  wallet_address!: string | null;

  @Column('jsonb')
  details!: object;
}

export async function recordAction(
  manager: EntityManager,
  action: Pick<OperatorAction, 'operator' | 'action'> & Partial<OperatorAction>,
): Promise<void> {
  await manager.insert(OperatorAction, { details: {}, ...action });
}
