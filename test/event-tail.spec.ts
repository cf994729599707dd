import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { migrate } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { CommitSignal, EventTail, type OrderEvent, PostgresBus } from '#events';
import fc from 'fast-check';
import { Client } from 'pg';
import dataSource from '../ormconfig.js';
import { connectDataSource } from './support/data-source.js';
import { until } from './support/until.js';

/**
 * The tail under random interleavings: whatever commits, is rolled back or crashes, and whenever readers come and lose their
 * connections, each hears exactly the committed events, each once, in the order of the log and of each order.
 */
const RUNS = Number(process.env.TAIL_RUNS ?? 10);
const PATIENCE_MS = 60_000 + RUNS * 10_000;
const WRITERS = 4;
const ORDERS = 3;

let folder: string;
let postgres: EmbeddedPostgres;
let observer: Client;

async function connect(): Promise<Client> {
  const client = new Client({ connectionString: postgres.url() });
  client.on('error', () => {}); // it is to be ended
  await client.connect();
  return client;
}

beforeAll(async () => {
  Logger.overrideLogger(false); // connections are to be lost
  folder = mkdtempSync(join(tmpdir(), 'lockstep-tail-'));
  postgres = await EmbeddedPostgres.start(folder);
  await connectDataSource(postgres.url());
  await migrate(dataSource, postgres.url());
  observer = await connect();
  await observer.query('CREATE TABLE counted (id integer PRIMARY KEY, version integer NOT NULL)');
}, PATIENCE_MS);

afterAll(async () => {
  await observer.end();
  await dataSource.destroy();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

const idOf = (order: number): string => `00000000-0000-4000-8000-${String(order).padStart(12, '0')}`;

/** A reader that has begun at some moment. */
class Reader {
  readonly heard: OrderEvent[] = [];
  private readonly bus = new PostgresBus(dataSource, new CommitSignal());
  private readonly tail = new EventTail(dataSource, this.bus);
  private readonly gone: string[] = [];

  /** Resolves when it reads: it has to hear of everything that is committed from then on. */
  async begin(): Promise<this> {
    this.bus.onApplicationBootstrap();
    await this.tail.start({
      onEvents: (events) => this.heard.push(...events),
      onPassedOver: () => {},
      onHistoryUndone: () => this.gone.push('history'),
    });
    return this;
  }

  async end(): Promise<void> {
    await this.tail.stop();
    await this.bus.onModuleDestroy();
  }

  /** As it is woken by a commit of its own process, or of another. */
  wake(): void {
    this.tail.wake();
  }

  get misled(): boolean {
    return this.gone.length > 0;
  }
}

/** What happens in a run, and what is known of it. */
class World {
  readonly readers: { reader: Reader; committedBefore: Set<string> }[] = [];
  readonly committed = new Set<string>();
  private readonly open = new Map<number, { client: Client; seqs: string[] }>();

  async write(by: number, to: number, events: number): Promise<void> {
    if (this.open.has(by)) return;
    const client = await connect();
    await client.query('BEGIN');
    const { rows } = await client.query('SELECT version FROM counted WHERE id = $1 FOR UPDATE SKIP LOCKED', [
      to,
    ]);
    if (!rows[0]) return client.end();
    await client.query('UPDATE counted SET version = version + $2 WHERE id = $1', [to, events]);
    const written = await client.query<{ seq: string }>(
      `INSERT INTO order_events (order_id, version, type, to_status, order_hash, maker, actor, payload, created_at)
       SELECT $1, $2 + n, 'order_status_change', 'pending', '0x' || repeat('0', 64), '0x' || repeat('0', 40), '{}', '{}',
         clock_timestamp() FROM generate_series(1, $3) n RETURNING seq`,
      [idOf(to), rows[0].version, events],
    );
    this.open.set(by, { client, seqs: written.rows.map(({ seq }) => seq) });
  }

  async end(by: number, how: 'COMMIT' | 'ROLLBACK' | 'crash'): Promise<void> {
    const transaction = this.open.get(by);
    if (!transaction) return;
    this.open.delete(by);
    const { client, seqs } = transaction;
    if (how === 'crash') {
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await observer.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    } else {
      await client.query(how);
      if (how === 'COMMIT') seqs.forEach((seq) => this.committed.add(seq));
    }
    await client.end().catch(() => {});
  }

  async read(): Promise<void> {
    const reader = new Reader();
    // one that waits for open transactions is let wait
    const beginning = reader.begin();
    const transactions = [...this.open.keys()];
    for (const open of transactions) await this.end(open, open % 2 === 0 ? 'COMMIT' : 'ROLLBACK');
    await beginning;
    this.readers.push({ reader, committedBefore: new Set(this.committed) });
  }

  async cutReaders(): Promise<void> {
    await observer.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'lockstep %'`,
    );
  }

  /** What was not committed is rolled back by it. */
  async crashServer(): Promise<void> {
    await observer.end().catch(() => {});
    await postgres.crash();
    observer = await connect();
    this.open.clear();
  }

  /** Returns the number of the very last event. */
  async finish(): Promise<string> {
    for (const open of this.open.keys()) await this.end(open, 'COMMIT');
    await this.write(0, 0, 1);
    const [last] = this.open.get(0)!.seqs;
    await this.end(0, 'COMMIT');
    return last!;
  }
}

const writer = fc.nat(WRITERS - 1);
const order = fc.nat(ORDERS - 1);
const STEPS: fc.WeightedArbitrary<(world: World) => Promise<unknown>>[] = [
  {
    weight: 24,
    arbitrary: fc
      .tuple(writer, order, fc.integer({ min: 1, max: 3 }))
      .map((args) =>
        Object.assign((world: World) => world.write(...args), { toString: () => `write ${args}` }),
      ),
  },
  {
    weight: 18,
    arbitrary: fc
      .tuple(
        writer,
        fc.constantFrom('COMMIT' as const, 'COMMIT' as const, 'ROLLBACK' as const, 'crash' as const),
      )
      .map((args) => Object.assign((world: World) => world.end(...args), { toString: () => `end ${args}` })),
  },
  {
    weight: 6,
    arbitrary: fc.nat(20).map((ms) => Object.assign(() => delay(ms), { toString: () => `pause ${ms}` })),
  },
  {
    weight: 3,
    arbitrary: fc.constant(function burn() {
      return observer.query(`SELECT nextval('order_events_seq')`);
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constant(function read(world: World) {
      return world.read();
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constant(function cut(world: World) {
      return world.cutReaders();
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constant(function crash(world: World) {
      return world.crashServer();
    }),
  },
];

test(
  'each reader hears exactly what is committed, once and in order',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(...STEPS), { minLength: 10, maxLength: 60 }), async (steps) => {
        await observer.query('TRUNCATE order_events, counted');
        await observer.query('INSERT INTO counted SELECT n, 0 FROM generate_series(0, $1) n', [ORDERS - 1]);
        const world = new World();
        try {
          await world.read();
          for (const step of steps) {
            await step(world);
            for (const { reader } of world.readers) reader.wake();
          }
          const last = await world.finish();
          for (const { reader, committedBefore } of world.readers) {
            await until(() => reader.heard.at(-1)?.seq === last, 'the last event to be heard', 20_000);
            const seqs = reader.heard.map(({ seq }) => seq);
            expect(seqs).toEqual([...new Set(seqs)].toSorted((a, b) => Number(a) - Number(b)));
            expect(seqs.filter((seq) => !world.committed.has(seq))).toEqual([]);
            const expected = [...world.committed].filter((seq) => !committedBefore.has(seq));
            expect(expected.filter((seq) => !seqs.includes(seq))).toEqual([]);
            expect(reader.misled).toBe(false);
            for (let number = 0; number < ORDERS; number += 1) {
              const versions = reader.heard
                .filter(({ order_id }) => order_id === idOf(number))
                .map(({ version }) => version);
              expect(versions).toEqual(versions.toSorted((a, b) => a - b));
            }
          }
        } finally {
          await Promise.all(world.readers.map(({ reader }) => reader.end()));
        }
      }),
      { numRuns: RUNS },
    );
  },
  PATIENCE_MS,
);
