import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { MakerClient, TakerClient } from './support/clients.js';
import { ExternalService } from './support/external-service.js';
import type { Answer } from './support/http.js';
import { START_PATIENCE_MS } from './support/service-process.js';
import { expectInvariants } from './support/invariants.js';
import { until } from './support/until.js';

/** kill -9 in the middle of everything: nothing that was answered is lost, and repeating the rest ends each order. */
const HANDSHAKES = 500;
const AT_ONCE = 16;
/** The service is killed whenever so many answers to cancellation requests have been recorded. */
const KILL_AFTER_ANSWERS = [60, 200, 350];
const PATIENCE_MS = 180_000;

let service: ExternalService;
beforeAll(async () => {
  service = await ExternalService.prepare();
});
afterAll(() => service.drop());

interface Handshake {
  hash: string;
  verdict: boolean;
}

test(
  'kill -9 during 500 handshakes',
  async () => {
    let instance = await service.start();
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const answered: Handshake[] = [];
    let broken = 0;

    /** Repeats a call until it is answered, as a client does that cannot know whether the lost one was done. */
    async function persist(send: () => Promise<Answer>): Promise<Answer> {
      for (;;) {
        try {
          const answer = await send();
          if (answer.status !== 503) return answer; // 503 says: not done, try again
        } catch {
          broken += 1;
          await until(isUp, 'the service to be back', START_PATIENCE_MS);
        }
      }
    }
    const isUp = () =>
      fetch(`${service.url}/health/live`).then(
        () => true,
        () => false,
      );

    let next = 0;
    async function lane(): Promise<void> {
      while (next < HANDSHAKES) {
        const verdict = next++ % 2 === 0;
        answered.push(await shakeHands(maker, taker, verdict, persist));
      }
    }

    async function killer(): Promise<void> {
      for (const count of KILL_AFTER_ANSWERS) {
        await until(() => answered.length >= count, `${count} answers`);
        expect(await instance.stop('SIGKILL')).toBeNull();
        await expectRecorded([...answered]);
        instance = await service.start();
      }
    }

    await Promise.all([killer(), ...Array.from({ length: AT_ONCE }, lane)]);
    expect(answered).toHaveLength(HANDSHAKES);
    expect(broken).toBeGreaterThan(0);
    await expectRecorded(answered);
    await expectInvariants(service.dataSource);
    const ends = await service.dataSource.query(
      'SELECT status, count(*)::int AS orders FROM orders GROUP BY status ORDER BY status',
    );
    expect(ends).toEqual([
      { status: 'cancelled', orders: HANDSHAKES / 2 },
      { status: 'locked', orders: HANDSHAKES / 2 },
    ]);
    expect(await instance.stop()).toBe(0);
  },
  PATIENCE_MS,
);

/** One order from its placing to the taker's verdict, every call repeated until it is answered. */
async function shakeHands(
  maker: MakerClient,
  taker: TakerClient,
  verdict: boolean,
  persist: (send: () => Promise<Answer>) => Promise<Answer>,
): Promise<Handshake> {
  const order = maker.terms();
  const signature = await maker.sign(order);
  const hash = maker.hash(order);
  const placed = await persist(() => maker.call('POST', '/orders', { json: { order, signature } }));
  // a nonce that is used by now was used by the call whose answer was lost: the order is there
  expect([0, 409006]).toContain(placed.body.code);
  expect((await persist(() => taker.lock(hash))).status).toBe(200);
  expect((await persist(() => maker.cancel(hash))).status).toBe(202);
  expect((await persist(() => taker.answer(hash, verdict))).status).toBe(200);
  return { hash, verdict };
}

/** Every answer that got its 200 is in the database, as it was given. */
async function expectRecorded(answered: Handshake[]): Promise<void> {
  const rows = await service.dataSource.query<{ order_hash: string; status: string }[]>(
    `SELECT o.order_hash, r.status FROM cancellation_requests r JOIN orders o ON o.id = r.order_id
      WHERE o.order_hash = ANY($1)`,
    [answered.map(({ hash }) => hash)],
  );
  const recorded = Object.fromEntries(rows.map(({ order_hash, status }) => [order_hash, status]));
  const expected = Object.fromEntries(
    answered.map(({ hash, verdict }) => [hash, verdict ? 'accepted' : 'rejected']),
  );
  expect(recorded).toEqual(expected);
}
