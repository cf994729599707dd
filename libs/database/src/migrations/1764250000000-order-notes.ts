import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The last remark on an order that a person should know. */
export class OrderNotes1764250000000 implements MigrationInterface {
  name = 'OrderNotes1764250000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders ADD COLUMN notes text CHECK (length(notes) BETWEEN 1 AND 1000)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE orders DROP COLUMN notes');
  }
}
