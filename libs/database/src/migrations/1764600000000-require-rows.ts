import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * For statements that are sent with the COMMIT after them: too few rows are to be their failure, since nobody looks at
 * their result before. SQLSTATE classes that begin with L are nobody's.
 */
export class RequireRows1764600000000 implements MigrationInterface {
  name = 'RequireRows1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE FUNCTION require_rows(what text, changed bigint, wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
      BEGIN
        IF changed <> wanted THEN
          RAISE EXCEPTION 'of % %, % were as they had been read', wanted, what, changed USING ERRCODE = 'LK001';
        END IF;
      END $$
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION require_rows');
  }
}
