import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Shutting makers and takers out, what an operator did to them and to keys, and to which installation tokens belong. */
export class WhoPeopleAre1764900000000 implements MigrationInterface {
  name = 'WhoPeopleAre1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      SET LOCAL lock_timeout = '2s';
      ALTER TABLE takers
        ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended'));
      ALTER TABLE makers
        ADD COLUMN token_generation integer NOT NULL DEFAULT 0,
        ADD COLUMN logged_out_at    timestamptz(3);
      CREATE INDEX makers_logged_out ON makers (logged_out_at) WHERE logged_out_at IS NOT NULL;
      ALTER TABLE api_keys ADD COLUMN last_used_at timestamptz(3);
      CREATE TABLE operator_actions (
        id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        done_at        timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
        operator       text NOT NULL CHECK (length(operator) BETWEEN 1 AND 100),
        action         text NOT NULL,
        taker_id       uuid,
        key_id         text,
        wallet_address address,
        details        jsonb NOT NULL DEFAULT '{}'
      );
      CREATE INDEX operator_actions_on_taker ON operator_actions (taker_id) WHERE taker_id IS NOT NULL;
      CREATE INDEX operator_actions_on_key ON operator_actions (key_id) WHERE key_id IS NOT NULL;
      CREATE INDEX operator_actions_on_maker ON operator_actions (wallet_address) WHERE wallet_address IS NOT NULL;
    `);

    // Tokens name the installation that they were issued by. Those of the version before do not: they are taken while
    // instances of it may still run beside this one, where there can be any.
    await runner.query(`
      CREATE TABLE installation (
        id                    uuid PRIMARY KEY,
        nameless_tokens_until timestamptz(3)
      );
      CREATE UNIQUE INDEX installation_is_one ON installation ((true));
      INSERT INTO installation (id, nameless_tokens_until)
        SELECT gen_random_uuid(),
          CASE WHEN EXISTS (SELECT FROM makers) THEN clock_timestamp() + interval '24 hours' END;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE installation, operator_actions;
      ALTER TABLE api_keys DROP COLUMN last_used_at;
      ALTER TABLE makers DROP COLUMN logged_out_at, DROP COLUMN token_generation;
      ALTER TABLE takers DROP COLUMN status;
    `);
  }
}
