import type { MigrationInterface, QueryRunner } from 'typeorm';

type Index = readonly [name: string, definition: string];

/** The log is read by `seq` alone, and so is each participant's part of it. */
const BY_SEQ: Index[] = [
  ['order_events_by_seq', '(seq)'],
  ['order_events_by_maker', '(maker, seq)'],
  ['order_events_by_taker', '(taker_id, seq) WHERE taker_id IS NOT NULL'],
  ['order_events_by_new_order', `(seq) WHERE type = 'order_status_change' AND from_status IS NULL`],
];
const BY_TRANSACTION: Index[] = [
  ['order_events_of_maker', '(maker, xid, seq)'],
  ['order_events_of_taker', '(taker_id, xid, seq) WHERE taker_id IS NOT NULL'],
  ['order_events_new_orders', `(xid, seq) WHERE type = 'order_status_change' AND from_status IS NULL`],
];

/** Of a statement that makes trades wait while it waits itself. */
const LOCK_TIMEOUT = '2s';

/**
 * The log's position is `seq`. The column `xid`, its default and the primary key that begins with it are for instances of the
 * version before, which read by it until they are gone; their replays sort what the new indexes find.
 *
 * Each partition gets its indexes while events are written. It can be stopped at any point, and repeated.
 */
export class EventsBySequence1764700000000 implements MigrationInterface {
  name = 'EventsBySequence1764700000000';
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await exchange(runner, BY_SEQ, BY_TRANSACTION);
  }

  async down(runner: QueryRunner): Promise<void> {
    await exchange(runner, BY_TRANSACTION, BY_SEQ);
  }
}

async function exchange(runner: QueryRunner, made: Index[], dropped: Index[]): Promise<void> {
  const [before] = (await runner.query(
    `SELECT current_setting('statement_timeout') AS statements, current_setting('lock_timeout') AS locks`,
  )) as [{ statements: string; locks: string }];
  try {
    for (const index of made) await create(runner, index);
    for (const [name] of dropped) await quickly(runner, `DROP INDEX IF EXISTS ${name}`);
  } finally {
    await limit(runner, before.statements, before.locks);
  }
}

/** First for partitions that are made meanwhile, then for those that are there. */
async function create(runner: QueryRunner, [name, definition]: Index): Promise<void> {
  await quickly(runner, `CREATE INDEX IF NOT EXISTS ${name} ON ONLY order_events ${definition}`);
  const partitions = (await runner.query(
    `SELECT c.relname AS partition, to_regclass($1 || '_' || c.relname) IS NOT NULL AS is_left_over
      FROM pg_inherits h JOIN pg_class c ON c.oid = h.inhrelid
      WHERE h.inhparent = 'order_events'::regclass
        AND NOT EXISTS (SELECT FROM pg_index x JOIN pg_inherits a ON a.inhrelid = x.indexrelid
          WHERE x.indrelid = c.oid AND a.inhparent = $1::regclass)`,
    [name],
  )) as { partition: string; is_left_over: boolean }[];
  for (const { partition, is_left_over } of partitions) {
    const own = `${name}_${partition}`;
    if (is_left_over) await patiently(runner, `DROP INDEX CONCURRENTLY ${own}`);
    await patiently(runner, `CREATE INDEX CONCURRENTLY ${own} ON ${partition} ${definition}`);
    await quickly(runner, `ALTER INDEX ${name} ATTACH PARTITION ${own}`);
  }
}

async function quickly(runner: QueryRunner, statement: string): Promise<void> {
  await limit(runner, '0', LOCK_TIMEOUT);
  await runner.query(statement);
}

/** Nobody waits behind it, and on a large table it takes its time. */
async function patiently(runner: QueryRunner, statement: string): Promise<void> {
  await limit(runner, '0', '0');
  await runner.query(statement);
}

async function limit(runner: QueryRunner, statements: string, locks: string): Promise<void> {
  await runner.query(
    `SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false)`,
    [statements, locks],
  );
}
