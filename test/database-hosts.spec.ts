import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { DatabaseClient, isDatabaseAway, migrate } from '#database';
import type { Client } from 'pg';
import { DebianPostgres, hasDebianPostgres } from './support/debian-postgres.js';
import { ExternalService } from './support/external-service.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { Network } from './support/network.js';
import { until } from './support/until.js';

/** A primary and a real standby of it: the one that can be written is found, and found again. */
jest.setTimeout(120_000);

const here = hasDebianPostgres ? describe : describe.skip;
if (!hasDebianPostgres) console.warn("several hosts are not tested: Debian's postgresql-15 is not here");

here('several hosts', () => {
  let primary: DebianPostgres;
  let standby: DebianPostgres;
  beforeEach(async () => {
    primary = await DebianPostgres.start();
    standby = await primary.standby();
  });
  afterEach(() => Promise.all([primary.stop(), standby.stop()]));

  /** The standby stands first. */
  const both = (parameters = '?target_session_attrs=read-write', database = 'postgres') =>
    `postgres://postgres@127.0.0.1:${standby.port},127.0.0.1:${primary.port}/${database}${parameters}`;

  async function portOf(url: string): Promise<number | unknown> {
    const client: Client = new DatabaseClient({ connectionString: url });
    try {
      await client.connect();
      return (await client.query<{ port: string }>('SHOW port')).rows[0]!.port;
    } catch (error) {
      return error;
    } finally {
      await client.end();
    }
  }

  test('the one that can be written is taken, whatever its place, and another after its loss', async () => {
    for (const parameters of ['?target_session_attrs=read-write', '?target_session_attrs=primary', '']) {
      expect(await portOf(both(parameters))).toBe(String(primary.port));
    }
    const one = `${standby.url()}?target_session_attrs=read-write`;
    const refused = await portOf(one);
    expect(refused).toMatchObject({ message: 'the server is a standby, which cannot be written' });
    expect(isDatabaseAway(refused)).toBe(true);
    expect(await portOf(`${standby.url()}?target_session_attrs=any`)).toBe(String(standby.port));
    await primary.shutDown('immediate');
    expect(isDatabaseAway(await portOf(both()))).toBe(true);
    await standby.promote();
    await until(async () => (await portOf(both())) === String(standby.port), 'the promoted standby');
  });

  test('a host that is silent does not keep the others waiting', async () => {
    const network = await Network.before(standby.url());
    network.next = 'silent';
    const began = performance.now();
    const url = `postgres://postgres@127.0.0.1:${network.port},127.0.0.1:${primary.port}/postgres`;
    expect(await portOf(url)).toBe(String(primary.port));
    expect(performance.now() - began).toBeLessThan(3_000);
    await network.stop();
  });

  test('the service goes on with the standby that is promoted', async () => {
    await primary.query('CREATE DATABASE hosts');
    const service = await ExternalService.on(both('', 'hosts'));
    await migrate(service.dataSource, both('', 'hosts'));
    const instance = await service.start();
    const first = await askedOrder(service);
    const sockets = [await first.taker.socket()];
    succeeded(await first.taker.answer(first.hash, true), 200);
    await until(async () => standbyHas(first.hash), 'the standby to have it');
    await primary.shutDown('immediate');
    expect((await call('GET', `${service.url}/health/ready`)).status).toBe(503);
    await standby.promote();
    await until(async () => (await call('GET', `${service.url}/health/ready`)).status === 200, 'calls');
    const second = await askedOrder(service, first);
    await sockets[0]!.hearAbout('cancellation_request', second.hash);
    succeeded(await second.taker.answer(second.hash, true), 200);
    await sockets[0]!.close();
    expect(await instance.stop()).toBe(0);
    await service.drop();
  });

  test('traffic that meets a standby: 503001, until the primary is met again', async () => {
    await primary.query('CREATE DATABASE hosts');
    const network = await Network.before(primary.url('hosts'));
    const service = await ExternalService.on(primary.url('hosts'));
    await migrate(service.dataSource, primary.url('hosts'));
    const instance = await service.start({ DATABASE_URL: network.url });
    const { taker, maker } = await askedOrder(service);
    const order = await maker.place();
    await until(async () => standbyHas(order.order_hash), 'the standby to have it');
    network.turnTo(standby.port);
    const statuses = new Set<string>();
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const { status, body } = await taker.lock(order.order_hash);
      statuses.add(`${status} ${body.code}`);
    }
    expect(statuses).toEqual(new Set(['503 503001']));
    network.turnTo(primary.port, false);
    await until(async () => (await taker.lock(order.order_hash)).status === 200, 'the lock', 10_000);
    expect(await instance.stop()).toBe(0);
    await service.drop();
    await network.stop();
  });

  async function standbyHas(hash: string): Promise<boolean> {
    const client: Client = new DatabaseClient({ connectionString: standby.url('hosts') });
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM orders WHERE order_hash = $1', [hash]);
    await client.end();
    return rowCount === 1;
  }
});
