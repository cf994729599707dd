import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { POOL_SIZE } from '#database';
import { CONNECTIONS } from '#trading';
import type { FastifyInstance } from 'fastify';
import type { QueryRunner } from 'typeorm';
import { takePlace } from '../src/http/limits/admission.js';
import { httpAdapter } from '../src/http/http-adapter.js';
import { askedOrder, succeeded } from './support/handshake.js';
import { type Answer, call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { expectRefusal, UNAVAILABLE } from './support/refused.js';
import { startService, testSettings, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** No call waits longer than its bound, whatever it waits for, and its place is free afterwards. */
const CALL_TIMEOUT_MS = 15_000;
/** For a busy machine. */
const SLACK_MS = 3_000;
const PLACES = CONNECTIONS.calls;
jest.setTimeout(120_000);

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

async function timed<T>(work: Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const begun = performance.now();
  const result = await work;
  return { result, milliseconds: performance.now() - begun };
}

/** Runs `work` while somebody in this process has every connection of the pool. */
async function withoutConnections(work: () => Promise<void>): Promise<void> {
  const runners: QueryRunner[] = [];
  for (let i = 0; i < POOL_SIZE; i += 1) {
    const runner = service.dataSource.createQueryRunner();
    await runner.connect();
    runners.push(runner);
  }
  try {
    await work();
  } finally {
    for (const runner of runners) await runner.release();
  }
}

const ready = (): Promise<Answer> => call('GET', `${service.url}/health/ready`);

test('all connections are stuck: every call gets its 503 in time, nothing was done, and then all go on', async () => {
  const { maker, taker, hash, id } = await askedOrder(service);
  await withoutConnections(async () => {
    const calls = Array.from({ length: 200 }, () => [taker.answer(hash, true), taker.unlock(hash)]).flat();
    for (const each of await Promise.all(calls.map((sent) => timed(sent)))) {
      expect(each.result).toMatchObject({ status: 503, body: { code: 503001 } });
      expect(each.milliseconds).toBeLessThan(CALL_TIMEOUT_MS + SLACK_MS);
    }
  });
  expect(await maker.order(id)).toMatchObject({ status: 'locked' });
  const { result, milliseconds } = await timed(taker.answer(hash, true));
  succeeded(result, 200);
  expect(milliseconds).toBeLessThan(SLACK_MS);
});

test('all connections are stuck: not ready, at once for everybody but the first, and ready again', async () => {
  succeeded(await ready(), 200);
  await withoutConnections(async () => {
    const probes = Array.from({ length: 50 }, () => timed(ready()));
    for (const { result, milliseconds } of await Promise.all(probes)) {
      expect(result).toMatchObject({ status: 503, body: { code: 503001 } });
      expect(milliseconds).toBeLessThan(SLACK_MS);
    }
    expect((await ready()).status).toBe(503);
  });
  await until(async () => (await ready()).status === 200, 'the service to be ready');
});

test('a call that is not answered within its bound is answered that its outcome is unknown; its place is free, once', async () => {
  const fastify = httpAdapter(testSettings()).getInstance<FastifyInstance>();
  const ends: (() => void)[] = [];
  fastify.get('/api/v1/stuck', async (request, reply) => {
    await takePlace(request, reply);
    await new Promise<void>((resolve) => ends.push(resolve));
    return reply.send({ late: true });
  });
  const url = await fastify.listen({ port: 0, host: '127.0.0.1' });
  const calls = Array.from({ length: PLACES }, () => timed(fetch(`${url}/api/v1/stuck`)));
  await until(() => fastify.concurrencyLimits.ordinary.served === PLACES, 'the places to be taken');
  for (const { result, milliseconds } of await Promise.all(calls)) {
    expect(result.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    const refused = { status: result.status, body: await result.json() };
    expectRefusal(refused, UNAVAILABLE, /whether this call was done is not known/);
    expect(milliseconds).toBeGreaterThan(CALL_TIMEOUT_MS - SLACK_MS);
    expect(milliseconds).toBeLessThan(CALL_TIMEOUT_MS + SLACK_MS);
  }
  expect(fastify.concurrencyLimits.ordinary.served).toBe(0);
  for (const end of ends.splice(0)) end();
  const next = fetch(`${url}/api/v1/stuck`);
  await until(() => ends.length === 1, 'the next call to be served');
  expect(fastify.concurrencyLimits.ordinary.served).toBe(1);
  ends[0]!();
  expect(await (await next).json()).toEqual({ late: true });
  expect(fastify.concurrencyLimits.ordinary.served).toBe(0);
  await fastify.close();
});
