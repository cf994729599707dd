import type { QueryRunner } from 'typeorm';

/**
 * Makes an index while calls go on, in a migration with `transaction = false`. It can be stopped at any point, and repeated: a
 * finished index stays, so that nothing is without it meanwhile; one that was left amid its making is of no use and made anew.
 */
export async function makeIndex(runner: QueryRunner, name: string, definition: string): Promise<void> {
  const finished = 'SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND indisvalid';
  if (((await runner.query(finished, [name])) as unknown[]).length > 0) return;
  await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
  await runner.query(`CREATE INDEX CONCURRENTLY ${name} ON ${definition}`);
}
