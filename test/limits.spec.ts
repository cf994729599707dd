import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import type { Answer } from './support/http.js';
import { expectRefusal, TOO_MANY } from './support/refused.js';
import { startService, type TestService } from './support/service.js';

/** What one maker and one taker may have, and how soon a maker that was refused may ask again. */
let service: TestService;
beforeAll(async () => {
  service = await startService({
    CANCELLATION_COOLDOWN_SECONDS: '10',
    MAX_OPEN_ORDERS_PER_MAKER: '4',
    ORDERS_PER_MINUTE_PER_MAKER: '6',
    MAX_LOCKS_PER_TAKER: '3',
  });
});
afterAll(() => service.stop());

function expectTooMany(answer: Answer, details: RegExp, atMostSeconds: number): void {
  expectRefusal(answer, TOO_MANY, details);
  const seconds = Number(answer.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(atMostSeconds);
}

async function place(maker: MakerClient): Promise<Answer> {
  const order = maker.terms();
  return maker.call('POST', '/orders', { json: { order, signature: await maker.sign(order) } });
}

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).toSorted();

describe('a maker', () => {
  test('has at most MAX_OPEN_ORDERS_PER_MAKER open orders, locked ones too', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const { order_hash } = await maker.place();
    succeeded(await taker.lock(order_hash), 200);
    for (let n = 1; n < 4; n++) await maker.place();
    expectTooMany(await place(maker), /^a maker may have 4 open orders; try again in \d+ s$/, 60);
    await (await service.newMaker()).place();
    succeeded(await taker.reject(order_hash), 200);
    succeeded(await place(maker), 201);
    expectTooMany(await place(maker), /^a maker may have 4 open orders/, 60);
  });

  test('places at most ORDERS_PER_MINUTE_PER_MAKER orders a minute', async () => {
    const maker = await service.newMaker();
    for (let n = 0; n < 6; n++) succeeded(await maker.cancel((await maker.place()).id), 200);
    expectTooMany(await place(maker), /^a maker may place 6 orders a minute; try again in \d+ s$/, 60);
    await service.dataSource.query(
      "UPDATE orders SET created_at = created_at - interval '1 minute' WHERE maker = $1 AND nonce = 0",
      [maker.address],
    );
    succeeded(await place(maker), 201);
    expectTooMany(await place(maker), /^a maker may place 6 orders a minute/, 60);
  });

  test('has no more when it sends many at once', async () => {
    const maker = await service.newMaker();
    const answers = await Promise.all(Array.from({ length: 12 }, () => place(maker)));
    expect(statuses(answers)).toEqual([...Array(4).fill(201), ...Array(8).fill(429)]);
  });
});

describe('a taker', () => {
  /** More than one maker may have open. */
  async function pending(count: number): Promise<string[]> {
    const hashes = [];
    for (let n = 0; n < count; n++) hashes.push((await (await service.newMaker()).place()).order_hash);
    return hashes;
  }
  const lock = (taker: TakerClient, hashes: string[]) => Promise.all(hashes.map((hash) => taker.lock(hash)));

  test('holds at most MAX_LOCKS_PER_TAKER orders, and may go on with those', async () => {
    const taker = await service.newTaker();
    const [first, ...others] = await pending(4);
    for (const hash of [first!, ...others.slice(0, 2)]) succeeded(await taker.lock(hash), 200);
    const last = others.at(-1)!;
    expectTooMany(await taker.lock(last), /^a taker may hold 3 orders at a time; try again in \d+ s$/, 60);
    succeeded(await taker.lock(first!, { lock_duration: 7_200 }), 200);
    expect((await taker.lock(`0x${'cd'.repeat(32)}`)).body.code).toBe(404001);
    succeeded(await (await service.newTaker()).lock(last), 200);
    succeeded(await taker.unlock(first!), 200);
    succeeded(await taker.lock(first!), 200);
  });

  test('holds no more when it locks many at once', async () => {
    const taker = await service.newTaker();
    expect(statuses(await lock(taker, await pending(10)))).toEqual([
      ...Array(3).fill(200),
      ...Array(7).fill(429),
    ]);
  });
});

describe('a maker whose taker has refused to cancel', () => {
  const letCoolDown = (hash: string) =>
    service.dataSource.query(
      `UPDATE cancellation_requests SET resolved_at = resolved_at - interval '10 seconds'
        WHERE order_id = (SELECT id FROM orders WHERE order_hash = $1)`,
      [hash],
    );

  test('asks again after CANCELLATION_COOLDOWN_SECONDS', async () => {
    const { maker, taker, id, hash, requestId } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    const asking = /^the taker refused at \S+Z; it may be asked again in \d+ s$/;
    for (const ask of [() => maker.cancel(id), () => maker.call('DELETE', `/orders/${id}`)]) {
      expectTooMany(await ask(), asking, 10);
    }
    expect((await maker.order(id)).cancellation).toMatchObject({ request_id: requestId, status: 'rejected' });
    await letCoolDown(hash);
    const again = succeeded(await maker.cancel(id), 202).body.data.cancellation;
    expect(again.request_id).not.toBe(requestId);
    expect((await maker.cancel(id)).body.data.cancellation).toEqual(again);
    succeeded(await taker.answer(hash, false), 200);
    expectTooMany(await maker.cancel(id), asking, 10);
  });

  test('cancels at once what was given back, and asks the next holder at once', async () => {
    const { maker, taker, id, hash } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(hash), 200);
    succeeded(await taker.lock(hash), 200);
    succeeded(await maker.cancel(id), 202);
    succeeded(await taker.answer(hash, false), 200);
    succeeded(await taker.unlock(hash), 200);
    succeeded(await maker.cancel(id), 200);
  });

  test('is not held up on other orders', async () => {
    const { maker, taker, hash } = await askedOrder(service);
    succeeded(await taker.answer(hash, false), 200);
    const { id } = await lockedOrder(service, { maker, taker });
    succeeded(await maker.cancel(id), 202);
  });
});
