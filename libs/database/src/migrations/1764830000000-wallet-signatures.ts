import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Of a statement that makes trades wait while it waits itself. */
const LOCK_TIMEOUT = '2s';

/** A contract wallet's signature has any length, up to 4 KiB. */
export class WalletSignatures1764830000000 implements MigrationInterface {
  name = 'WalletSignatures1764830000000';

  async up(runner: QueryRunner): Promise<void> {
    await replaceCheck(runner, `length(signature) <= 8194 AND signature ~ '^0x[0-9a-f]*$'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await replaceCheck(runner, `length(signature) = 132 AND signature ~ '^0x[0-9a-f]+$'`);
  }
}

/** What is stored is not read again: it passed a rule that is as strict. */
async function replaceCheck(runner: QueryRunner, check: string): Promise<void> {
  await runner.query(`
    SET LOCAL lock_timeout = '${LOCK_TIMEOUT}';
    ALTER TABLE orders DROP CONSTRAINT orders_signature_check,
      ADD CONSTRAINT orders_signature_check CHECK (${check}) NOT VALID;
  `);
}
