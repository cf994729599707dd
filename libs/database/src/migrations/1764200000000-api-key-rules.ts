import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a key asks of calls, which key took its place, and the signatures that were used. */
export class ApiKeyRules1764200000000 implements MigrationInterface {
  name = 'ApiKeyRules1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE api_keys
        ADD COLUMN require_signature boolean NOT NULL DEFAULT false,
        ADD COLUMN allow_ips inet[] NOT NULL DEFAULT '{}' CHECK (array_position(allow_ips, NULL) IS NULL),
        ADD COLUMN replaced_by text UNIQUE REFERENCES api_keys CHECK (replaced_by <> id);
      CREATE TABLE used_signatures (
        mac     bytea PRIMARY KEY CHECK (length(mac) = 32),
        used_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
      );
      CREATE INDEX used_signatures_used_at ON used_signatures (used_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE used_signatures;
      ALTER TABLE api_keys DROP COLUMN replaced_by, DROP COLUMN allow_ips, DROP COLUMN require_signature;
    `);
  }
}
