import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whose tokens are taken here: one row, made with the database. */
@Entity('installation')
export class Installation {
  @PrimaryColumn('uuid')
  id!: string;

  /** Until when tokens were issued that name no installation; null where there were never any. */
  @Column({ type: 'timestamptz', precision: 3, nullable: true })
  nameless_tokens_until!: Date | null;
}
