import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import type { MakerClient, TakerClient } from './support/clients.js';
import { makeDue } from './support/database.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, lockedOrder } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { MetricsPage } from './support/metrics.js';
import { HAS_NATS_SERVER, LossyNats, NatsServer } from './support/nats-server.js';
import { ServiceProcess } from './support/service-process.js';
import type { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** Two instances and a worker on one database: whoever is connected where, all hear everything, in order. */
const PATIENCE_MS = 120_000;
const WORKER = [process.execPath, 'dist/apps/worker/src/main.js'];

let service: ExternalService;
let fleet: Fleet;
beforeAll(async () => {
  service = await ExternalService.prepare();
});
afterAll(() => service.drop());

interface Fleet {
  /** The instance at the service's own URL, and the other one. */
  first: ServiceProcess;
  second: ServiceProcess;
  worker: ServiceProcess;
  secondUrl: string;
  stop(): Promise<void>;
}

async function startFleet(
  environment: NodeJS.ProcessEnv,
  secondEnvironment: NodeJS.ProcessEnv = environment,
): Promise<void> {
  const port = String(await freePort());
  const first = await service.start(environment); // the first one to stand is elected
  const [second, worker] = await Promise.all([
    service.start({ ...secondEnvironment, PORT: port }),
    service.start(environment, WORKER),
  ]);
  const stop = async (): Promise<void> => {
    const living = [fleet.first, second, worker].filter(
      ({ child }) => child.exitCode === null && child.signalCode === null,
    );
    expect(await Promise.all(living.map((process) => process.stop()))).toEqual(living.map(() => 0));
  };
  fleet = { first, second, worker, secondUrl: `http://127.0.0.1:${port}`, stop };
}

interface Listeners {
  maker: MakerClient;
  taker: TakerClient;
  /** A socket on each instance. */
  ofMaker: [Socket, Socket];
  ofTaker: [Socket, Socket];
  /** Of another taker, which keeps a book of pending orders. */
  ofBook: [Socket, Socket];
}

async function listenOnBoth(): Promise<Listeners> {
  const { secondUrl: url } = fleet;
  const [maker, taker, reader] = [
    await service.newMaker(),
    await service.newTaker(),
    await service.newTaker(),
  ];
  const listeners: Listeners = {
    maker,
    taker,
    ofMaker: [await maker.socket(), await maker.socket(undefined, { url })],
    ofTaker: [await taker.socket(), await taker.socket(undefined, { url })],
    ofBook: [await reader.socket('order_book_change'), await reader.socket('order_book_change', { url })],
  };
  await hearTheSame(listeners); // from here on all four are live
  return listeners;
}

/** Everything up to now is heard on both instances, the same in the same order, whatever goes on meanwhile. */
async function hearTheSame({ maker, ofMaker, ofTaker, ofBook }: Listeners): Promise<void> {
  const marker = await maker.place();
  for (const sockets of [ofMaker, ofTaker, ofBook]) {
    const { id: last } = await sockets[0].hear(({ data }) => data?.order_hash === marker.order_hash);
    await sockets[1].hear(({ id }) => id === last);
    const [here, there] = sockets.map(({ messages }) =>
      messages.filter((message) => message.id <= last && isNotRedelivered(message)),
    );
    const since = here!.findIndex(({ id }) => id === there![0].id);
    expect(there).toEqual(here!.slice(since));
  }
}

const isNotRedelivered = ({ data }: Socket['messages'][number]): boolean =>
  data?.metadata?.redelivered !== true;

/** Handshakes through both instances at once; the answer is given to the other one than the request. */
async function shakeHands({ maker, taker }: Listeners, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const { hash } = await askedOrder(service, { maker, taker });
    const verdict = { cancellation_success: round % 2 === 0, message: 'As it is' };
    await taker.library(fleet.secondUrl).answerCancellation({ order_hash: hash, ...verdict });
  }
}

async function batchesOf(url: string): Promise<{ bus: number; database: number }> {
  const page = await MetricsPage.of(url);
  const of = (source: string): number => page.value('lockstep_tail_batch_events_count', { source }) ?? 0;
  return { bus: of('bus'), database: of('database') };
}

async function isConnected(url: string): Promise<boolean> {
  return (await MetricsPage.of(url)).value('lockstep_event_bus_connected') === 1;
}

function everyonesHandshakes(): void {
  test(
    'calls to one instance and timers of the worker are heard on both, the same in the same order',
    async () => {
      const listeners = await listenOnBoth();
      await shakeHands(listeners, 5);
      const { hash, id } = await askedOrder(service, listeners);
      await makeDue(service.dataSource, hash, 'request');
      for (const socket of listeners.ofMaker) {
        await socket.hear(
          ({ data }) => data.request_id !== undefined && data.order_id === id && data.status === 'timed_out',
        );
      }
      await hearTheSame(listeners);
      await expectInvariants(service.dataSource);
    },
    PATIENCE_MS,
  );
}

describe('EVENT_BUS=postgres', () => {
  beforeAll(() => startFleet({ EVENT_BUS: 'postgres' }), PATIENCE_MS);
  afterAll(() => fleet.stop());

  everyonesHandshakes();

  test(
    'a LISTEN connection that is cut comes back',
    async () => {
      const listeners = await listenOnBoth();
      const listening = async (): Promise<number[]> => {
        const rows = await service.dataSource.query<{ pid: number }[]>(
          `SELECT pid FROM pg_stat_activity WHERE datname = current_database()
             AND query ~ '^(LISTEN|SELECT pg_notify|SELECT 1$)'`,
        );
        return rows.map(({ pid }) => pid);
      };
      await until(async () => (await listening()).length >= 2, 'both to listen');
      for (const pid of await listening()) {
        await service.dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
      }
      await shakeHands(listeners, 2);
      await hearTheSame(listeners);
      const urls = [service.url, fleet.secondUrl];
      await until(
        async () => (await Promise.all(urls.map(isConnected))).every(Boolean),
        'both to be connected again',
      );
      await shakeHands(listeners, 2);
      await hearTheSame(listeners);
    },
    PATIENCE_MS,
  );
});

const describeNats = HAS_NATS_SERVER ? describe : describe.skip;
if (!HAS_NATS_SERVER)
  process.stderr.write('nats-server is not installed: the tests of EVENT_BUS=nats are skipped\n');

describeNats('EVENT_BUS=nats', () => {
  let nats: NatsServer;
  beforeAll(async () => {
    nats = await NatsServer.start();
  });
  afterAll(() => nats.stop());
  const environment = () => ({ EVENT_BUS: 'nats', NATS_URL: nats.url });

  describe('that is there', () => {
    beforeAll(() => startFleet(environment()), PATIENCE_MS);
    afterAll(() => fleet.stop());

    everyonesHandshakes();

    test(
      'the elected instance reads for all; when it is killed, another is elected',
      async () => {
        const listeners = await listenOnBoth();
        const before = await batchesOf(fleet.secondUrl);
        await shakeHands(listeners, 5);
        await hearTheSame(listeners);
        expect((await batchesOf(fleet.secondUrl)).bus).toBeGreaterThan(before.bus);
        const elected = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objid = 7205762
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
        const [{ pid: holder }] = await service.dataSource.query<[{ pid: number }]>(elected);

        await fleet.first.stop('SIGKILL');
        await until(async () => {
          const [now] = await service.dataSource.query<{ pid: number }[]>(elected);
          return now !== undefined && now.pid !== holder;
        }, 'another publisher');
        fleet.first = await service.start(environment());
        const [maker, taker] = [listeners.maker, listeners.taker];
        const back = await taker.socket(undefined, { after: listeners.ofTaker[0].events.at(-1).id });
        await shakeHands(listeners, 5);
        const marker = await maker.place();
        for (const socket of [back, listeners.ofTaker[1]]) {
          await socket.hearAbout('order_status_change', marker.order_hash);
        }
        const heard = [...listeners.ofTaker[0].events, ...back.events].filter(isNotRedelivered);
        const ids = listeners.ofTaker[1].events.filter(isNotRedelivered).map(({ id }) => id);
        expect(heard.map(({ id }) => id).slice(-ids.length)).toEqual(ids);
        expect((await batchesOf(service.url)).bus).toBeGreaterThan(0);
      },
      PATIENCE_MS,
    );

    test(
      'killed and started again under load, it costs no event',
      async () => {
        const listeners = await listenOnBoth();
        const load = shakeHands(listeners, 30);
        await nats.stop('SIGKILL');
        await until(async () => !(await isConnected(service.url)), 'the loss to be noticed');
        await hearTheSame(listeners);
        await nats.start();
        await load;
        const urls = [service.url, fleet.secondUrl];
        await until(
          async () => (await Promise.all(urls.map(isConnected))).every(Boolean),
          'both to be connected again',
        );
        // one of them publishes, the other one hears it
        const carried = async () =>
          (await Promise.all(urls.map(batchesOf))).reduce((sum, { bus }) => sum + bus, 0);
        const before = await carried();
        await until(async () => {
          await shakeHands(listeners, 1);
          return (await carried()) > before;
        }, 'the bus to carry again');
        await hearTheSame(listeners);
        await expectInvariants(service.dataSource);
      },
      PATIENCE_MS,
    );
  });

  describe('that fails', () => {
    afterEach(() => fleet.stop());

    test(
      'messages that it loses are read in the database',
      async () => {
        const lossy = await LossyNats.before(nats.url, 5);
        await startFleet(environment(), { EVENT_BUS: 'nats', NATS_URL: lossy.url });
        const listeners = await listenOnBoth();
        await Promise.all([shakeHands(listeners, 15), lockedOrder(service, { taker: listeners.taker })]);
        await hearTheSame(listeners);
        expect(lossy.lost).toBeGreaterThan(10);
        const { bus, database } = await batchesOf(fleet.secondUrl);
        expect(bus).toBeGreaterThan(0);
        expect(database).toBeGreaterThan(0);
        await lossy.stop();
      },
      PATIENCE_MS,
    );

    test(
      'an instance that starts while NATS is away serves all the same',
      async () => {
        const away = { EVENT_BUS: 'nats', NATS_URL: `nats://127.0.0.1:${await freePort()}` };
        await startFleet(away);
        const listeners = await listenOnBoth();
        await shakeHands(listeners, 2);
        await hearTheSame(listeners);
        expect(await isConnected(service.url)).toBe(false);
      },
      PATIENCE_MS,
    );
  });
});
