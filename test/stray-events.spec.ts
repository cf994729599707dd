import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { EventPartitions } from '#events';
import { Client, type Pool, type PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { besideTransaction } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/**
 * What piles up in the default partition while no worker runs gets its partition without holding anybody up, whenever the
 * worker that sees to it is killed.
 */
const ROWS = 1_000_000;
/** Short transactions, for the tests beside this one. */
const BATCH = 20_000;
const WRITERS = 4;
const READERS = 2;
const MEASURED_MS = 4_000;
/** A machine that is busy with other tests keeps readers at it for longer than the clean-up waits. */
const TEND_PATIENCE_MS = 90_000;
jest.setTimeout(240_000);

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

const worker = () => new EventPartitions(service.dataSource, service.settings);
const sql = <Row>(text: string, parameters: unknown[] = []): Promise<Row[]> =>
  service.dataSource.query(text, parameters);
const numberOf = async (text: string): Promise<number> => (await sql<{ n: number }>(text))[0]!.n;

const INSERT = `INSERT INTO order_events (order_id, version, type, to_status, order_hash, maker, actor, payload, created_at)`;
const VALUES = (time: string): string =>
  `gen_random_uuid(), 1, 'order_status_change', 'pending', '0x' || repeat('a', 64), '0x' || repeat('b', 40), '{"kind":"timer"}', '{}', ${time}`;
const WRITE = `${INSERT} VALUES (${VALUES('clock_timestamp()')})`;
const READ = 'SELECT * FROM order_events WHERE order_id = (SELECT gen_random_uuid())';
const STRAYS = 'SELECT count(*)::int AS n FROM order_events_default';
const FENCES = "SELECT count(*)::int AS n FROM pg_constraint WHERE conname = 'order_events_strays'";

const KILL = `
  SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_stat_activity
  WHERE application_name LIKE 'lockstep%' AND datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`;

/** No partition but the default one, and in it so many events of the last two days. */
async function fillDefault(rows: number): Promise<void> {
  const partitions = await sql<{ name: string }>(
    `SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'order_events'::regclass`,
  );
  for (const { name } of partitions) await sql(`DROP TABLE ${name}`);
  await sql('CREATE TABLE order_events_default PARTITION OF order_events DEFAULT');
  for (let batch = 0; batch < rows; batch += BATCH) {
    const time = `clock_timestamp() - interval '2 days' * (1 - n::float / ${rows})`;
    const last = Math.min(batch + BATCH, rows);
    await sql(`${INSERT} SELECT ${VALUES(time)} FROM generate_series(${batch + 1}, ${last}) AS n`);
  }
}

/** Tends until it succeeds: what cannot have its locks at once is tried again a minute later. */
async function tend(by = worker()): Promise<void> {
  const succeeds = async (): Promise<boolean> => {
    const [tended] = await Promise.allSettled([by.tend()]);
    return tended.status === 'fulfilled';
  };
  await until(succeeds, 'the partitions to be tended', TEND_PATIENCE_MS);
}

/** Writers and readers, each on a connection of its own, until they are told to end. */
class Load {
  written = 0;
  longestMs = 0;
  private isOver = false;
  private readonly clients: Promise<void>[];

  constructor() {
    const statements = [...Array<string>(WRITERS).fill(WRITE), ...Array<string>(READERS).fill(READ)];
    this.clients = statements.map((statement) => this.run(statement));
  }

  /** Ends it; the longest that a statement took. */
  async end(): Promise<number> {
    this.isOver = true;
    await Promise.all(this.clients);
    return this.longestMs;
  }

  private async run(statement: string): Promise<void> {
    const client = new Client({ connectionString: service.databaseUrl });
    await client.connect();
    await client.query(statement);
    if (statement === WRITE) this.written += 1;
    while (!this.isOver) {
      const begun = performance.now();
      await client.query(statement);
      this.longestMs = Math.max(this.longestMs, performance.now() - begun);
      if (statement === WRITE) this.written += 1;
    }
    await client.end();
  }
}

async function expectAllInTheirPartition(rows: number): Promise<void> {
  expect(await numberOf('SELECT count(*)::int AS n FROM order_events')).toBe(rows);
  expect(await numberOf(STRAYS)).toBe(0);
  expect(await numberOf(FENCES)).toBe(0);
}

/** How a partition is stored, and how many indexes and constraints it has. */
const shapeOf = (table: string): Promise<object[]> =>
  sql(
    `SELECT reloptions, (SELECT count(*)::int FROM pg_index WHERE indrelid = c.oid AND indisvalid) AS indexes,
       (SELECT count(*)::int FROM pg_constraint WHERE conrelid = c.oid) AS constraints
     FROM pg_class c WHERE oid = $1::regclass`,
    [table],
  );

/** A worker whose statements PostgreSQL comments on, as it does for those who ask for debug messages. */
async function talkativeWorker(
  comments: string[],
): Promise<{ worker: EventPartitions; end(): Promise<void> }> {
  await sql(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET client_min_messages = debug1', current_database()); END $$`,
  );
  const dataSource = await new DataSource(service.dataSource.options).initialize();
  const heard = new WeakSet<PoolClient>();
  (dataSource.driver as unknown as { master: Pool }).master.on('acquire', (client) => {
    if (!heard.has(client)) client.on('notice', ({ message }) => comments.push(message!));
    heard.add(client);
  });
  return {
    worker: new EventPartitions(dataSource, service.settings),
    end: () => dataSource.destroy(),
  };
}

test(`${ROWS.toLocaleString('en')} rows: none is read while nobody else may use the table, and all are there`, async () => {
  await fillDefault(ROWS);
  const shape = await shapeOf('order_events_default');
  // beside somebody who only reads as much: the processors are as busy
  const calm = new Load();
  const end = performance.now() + MEASURED_MS;
  while (performance.now() < end)
    await sql('SELECT min(created_at), max(created_at) FROM order_events_default');
  const without = await calm.end();

  const comments: string[] = [];
  const talkative = await talkativeWorker(comments);
  const load = new Load();
  const begun = performance.now();
  await tend(talkative.worker);
  const took = performance.now() - begun;
  const within = await load.end();
  await talkative.end();
  process.stdout.write(
    `longest statement: ${without.toFixed(0)} ms without, ${within.toFixed(0)} ms with the clean-up, which took ${took.toFixed(0)} ms\n`,
  );
  const spared = /^partition constraint for table "order_events_\d+" is implied by existing constraints$/;
  expect(comments).toContainEqual(expect.stringMatching(spared));
  await expectAllInTheirPartition(ROWS + calm.written + load.written);
  expect(await shapeOf('order_events_default')).toEqual(shape);
});

test('workers that are killed at any moment: another goes on, nothing is lost, and events are written all the time', async () => {
  await fillDefault(200_000);
  const load = new Load();
  let kills = 0;
  for (let round = 0; round < 12; round += 1) {
    let isOver = false;
    const tending = Promise.allSettled([worker().tend(), worker().tend()]).then(() => (isOver = true));
    await delay(round * 20);
    const kill = async (): Promise<boolean> => {
      const killed = await numberOf(KILL);
      kills += killed;
      return killed > 0 || isOver;
    };
    await until(kill, 'a worker to be killed');
    await tending;
  }
  expect(kills).toBeGreaterThan(0);
  await tend();
  await load.end();
  await expectAllInTheirPartition(200_000 + load.written);
});

test('somebody reads for long: nobody waits behind, and the clean-up goes on where it was', async () => {
  await fillDefault(1_000);
  const load = new Load();
  await besideTransaction(service.dataSource, async (other) => {
    await other.query('SELECT count(*) FROM order_events');
    await expect(worker().tend()).rejects.toThrow(/timeout/);
    await expect(worker().tend()).rejects.toThrow(/timeout/);
    await other.query(WRITE);
  });
  await tend();
  await load.end();
  await expectAllInTheirPartition(1_001 + load.written);
});

test('events on both sides of a partition: a person is told, and nothing else happens', async () => {
  await fillDefault(10);
  await sql(`DELETE FROM order_events`);
  await worker().tend(); // the coming days
  await sql(`${INSERT} VALUES (${VALUES("clock_timestamp() - interval '9 days'")})`);
  await sql(`${INSERT} VALUES (${VALUES("clock_timestamp() + interval '9 days'")})`);
  await expect(worker().tend()).rejects.toThrow(/events from before and after/);
  expect(await numberOf(FENCES)).toBe(0);
  await sql(WRITE);
  expect(await numberOf(STRAYS)).toBe(2);
});
