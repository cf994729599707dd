import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of a statement that makes trades wait while it waits itself. */
const LOCK_TIMEOUT = '2s';

/** A verdict is kept whatever its words are, also when there are none. */
export class AnyWords1764800000000 implements MigrationInterface {
  name = 'AnyWords1764800000000';

  async up(runner: QueryRunner): Promise<void> {
    await replaceCheck(runner, 'length(message) <= 1000');
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceCheck(runner, 'length(message) BETWEEN 1 AND 1000');
  }
}

/** What is stored is not read again: it passed a rule that is as strict. */
async function replaceCheck(runner: QueryRunner, check: string): Promise<void> {
  await runner.query(`
    SET LOCAL lock_timeout = '${LOCK_TIMEOUT}';
    ALTER TABLE cancellation_requests DROP CONSTRAINT cancellation_requests_message_check,
      ADD CONSTRAINT cancellation_requests_message_check CHECK (${check}) NOT VALID;
  `);
}
