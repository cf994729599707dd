import 'reflect-metadata';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { BusReceiver } from '#events';
import { CommitSignal, PostgresBus } from '#events';
import dataSource from '../ormconfig.js';
import { connectDataSource } from './support/data-source.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { until } from './support/until.js';

/** NOTIFY and LISTEN between two processes' buses, without the poll that would hide their absence. */
let database: TestDatabase;
const started: PostgresBus[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  await connectDataSource(database.url);
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((bus) => bus.onModuleDestroy()));
});
afterAll(async () => {
  await dataSource.destroy();
  await database.drop();
});

class Woken implements BusReceiver {
  times = 0;
  wake(): void {
    this.times += 1;
  }
  offer(): void {
    throw new Error('NOTIFY brings no events');
  }
}

async function startBus(receiver?: BusReceiver): Promise<{ bus: PostgresBus; commits: CommitSignal }> {
  const commits = new CommitSignal();
  const bus = new PostgresBus(dataSource, commits);
  if (receiver) bus.bringTo(receiver);
  bus.onApplicationBootstrap();
  started.push(bus);
  await until(() => bus.isConnected, 'the bus to be connected');
  return { bus, commits };
}

test('a commit wakes its own instance at once, and the others with many together', async () => {
  const [here, there] = [new Woken(), new Woken()];
  const [sender, , worker] = [await startBus(here), await startBus(there), await startBus()];
  const before = { here: here.times, there: there.times };
  const COMMITS = 1_000;
  for (let commit = 0; commit < COMMITS; commit += 1) {
    sender.commits.poke();
    sender.commits.poke(); // as after another commit of the same turn
    await nextTurn();
  }
  expect(here.times - before.here).toBe(COMMITS);
  await until(() => there.times > before.there, 'the other instance to be woken');
  await sender.bus.onModuleDestroy(); // all is sent
  expect(here.times - before.here).toBe(COMMITS); // nobody is woken by its own notification
  const woken = there.times - before.there;
  worker.commits.poke(); // which has no tail
  await until(() => there.times > before.there + woken, 'the instance to be woken by the worker');
  expect(woken).toBeLessThan(COMMITS / 10);
});

test('what was announced while a connection was away is looked for when it is back', async () => {
  const receiver = new Woken();
  const { bus } = await startBus(receiver);
  const before = receiver.times;
  await dataSource.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^(LISTEN|SELECT 1$)'
       AND datname = current_database() AND pid <> pg_backend_pid()`,
  );
  await until(() => !bus.isConnected, 'the loss to be noticed');
  await until(() => receiver.times > before, 'it to be woken');
  expect(bus.isConnected).toBe(true);
});
