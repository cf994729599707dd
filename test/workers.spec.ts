import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { type DueTime, makeDue } from './support/database.js';
import { askedOrder, lockedOrder } from './support/handshake.js';
import { brokenInvariants } from './support/invariants.js';
import { MetricsPage } from './support/metrics.js';
import { besideTransaction } from './support/other-transaction.js';
import { ServiceProcess, START_PATIENCE_MS } from './support/service-process.js';
import { startService, TEST_ENVIRONMENT, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** Several workers share what is due: each timer fires once, whoever is killed or held up. */
const WORKERS = 3;
const ORDERS_OF_A_KIND = 100;
const HELD_ORDERS = 30;
/** Orders placed, locked and asked about at once. */
const AT_ONCE = 8;
/** Each change takes so long that one worker alone would need many ticks for all. */
const CHANGE_SECONDS = 0.1;

/** What falls due, and the one event that comes of it. */
const KINDS = ['request', 'lock', 'deadline'] as const satisfies DueTime[];
const EVENT_OF: Record<DueTime, object> = {
  request: { type: 'cancellation_update', from_status: null, to_status: null, status: 'timed_out' },
  lock: { type: 'order_status_change', from_status: 'locked', to_status: 'pending', status: null },
  deadline: { type: 'order_status_change', from_status: 'pending', to_status: 'expired', status: null },
};

let service: TestService;
let workers: Worker[];
beforeAll(async () => {
  service = await startService();
  workers = await Promise.all(Array.from({ length: WORKERS }, () => Worker.start(service)));
}, 2 * START_PATIENCE_MS);
afterAll(async () => {
  for (const { process } of workers.slice(1)) expect(await process.stop()).toBe(0);
  expect(await brokenInvariants(service.dataSource)).toEqual([]);
  await service.stop();
});

class Worker {
  private constructor(
    readonly process: ServiceProcess,
    private readonly url: string,
  ) {}

  static async start({ databaseUrl }: TestService): Promise<Worker> {
    const port = String(await freePort());
    const process = ServiceProcess.launch(
      { ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', DATABASE_URL: databaseUrl, WORKER_METRICS_PORT: port },
      [globalThis.process.execPath, 'dist/apps/worker/src/main.js'],
    );
    await until(() => process.stdout.includes('worker runs'), 'the worker', START_PATIENCE_MS);
    return new Worker(process, `http://127.0.0.1:${port}`);
  }

  /** How many timers it has fired. */
  async fired(): Promise<number> {
    const page = await MetricsPage.of(this.url);
    const timedOut = page.value('lockstep_cancellation_requests_total', { status: 'timed_out' });
    return timedOut! + page.value('lockstep_order_transitions_total')!;
  }
}

async function newOrders(): Promise<{ kind: DueTime; hash: string }[]> {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const make: Record<DueTime, () => Promise<string>> = {
    request: async () => (await askedOrder(service, { maker, taker })).hash,
    lock: async () => (await lockedOrder(service, { maker, taker })).hash,
    deadline: async () => (await maker.place()).order_hash,
  };
  const orders: { kind: DueTime; hash: string }[] = [];
  const kinds = KINDS.flatMap((kind) => Array.from({ length: ORDERS_OF_A_KIND }, () => kind));
  const lane = async (): Promise<void> => {
    for (let kind = kinds.pop(); kind; kind = kinds.pop()) orders.push({ kind, hash: await make[kind]() });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return orders;
}

interface TimerEvent {
  order_hash: string;
  type: string;
  from_status: string | null;
  to_status: string | null;
  /** Of the request, where the event is about one. */
  status: string | null;
}

/** The events that timers wrote. */
function timerEvents(): Promise<TimerEvent[]> {
  return service.dataSource.query(
    `SELECT order_hash, type, from_status, to_status, payload ->> 'status' AS status FROM order_events
      WHERE actor ->> 'kind' = 'timer'`,
  );
}

async function slowDownChanges(): Promise<void> {
  await service.dataSource.query(`
    CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql
      AS 'BEGIN PERFORM pg_sleep(${CHANGE_SECONDS}); RETURN NEW; END';
    CREATE TRIGGER take_long BEFORE INSERT ON order_events FOR EACH ROW EXECUTE FUNCTION take_long()`);
}

test('hundreds of timers are due at once, some rows are held, a worker is killed: each fires once', async () => {
  const orders = await newOrders();
  await slowDownChanges();
  const requests = orders.filter(({ kind }) => kind === 'request');
  const held = requests.slice(0, HELD_ORDERS).map(({ hash }) => hash);
  await besideTransaction(service.dataSource, async (holder) => {
    await holder.query('SELECT 1 FROM orders WHERE order_hash = ANY($1) FOR UPDATE', [held]);
    // in one transaction: all are due in the same moment
    await service.dataSource.transaction(async (manager) => {
      for (const { kind, hash } of orders) await makeDue(manager, hash, kind);
    });

    for (const worker of workers)
      await until(async () => (await worker.fired()) > 0, 'each worker to have a share');
    const [victim] = workers;
    expect(await victim!.process.stop('SIGKILL')).toBeNull();
    await until(
      async () => (await timerEvents()).length === orders.length - held.length,
      'all that is not held',
    );
    const fired = new Set((await timerEvents()).map(({ order_hash }) => order_hash));
    expect(held.filter((hash) => fired.has(hash))).toEqual([]);
  });
  await until(async () => (await timerEvents()).length === orders.length, 'the rest');

  const byHash = (a: { order_hash: string }, b: { order_hash: string }) =>
    a.order_hash < b.order_hash ? -1 : 1;
  const expected = orders.map(({ kind, hash }) => ({ order_hash: hash, ...EVENT_OF[kind] }));
  expect((await timerEvents()).toSorted(byHash)).toEqual(expected.toSorted(byHash));
}, 240_000);
