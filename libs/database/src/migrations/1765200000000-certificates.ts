import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A taker whose bot must be certified before it gets keys. */
export class Certificates1765200000000 implements MigrationInterface {
  name = 'Certificates1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      SET LOCAL lock_timeout = '2s';
      ALTER TABLE takers ADD COLUMN require_certificate boolean NOT NULL DEFAULT false;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE takers DROP COLUMN require_certificate');
  }
}
