import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Data, termsOf } from '#client';
import type { TakerClient } from '../support/clients.js';
import { isOfScenario, NO, PLAY_PATIENCE_MS, RunningSandbox, YES } from '../support/sandbox.js';
import { START_PATIENCE_MS } from '../support/service-process.js';
import { until } from '../support/until.js';

/** What each scenario plays towards a bot, and what it tells of it. A busy machine has time for a burst. */
const TIMEOUT_S = 8;
const SETTINGS = { SANDBOX_STEP_MS: '500', CANCELLATION_TIMEOUT_SECONDS: String(TIMEOUT_S) };

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await RunningSandbox.start(SETTINGS);
}, 2 * START_PATIENCE_MS);
afterAll(() => sandbox.stop());

const fill = async (hash: string, taker: TakerClient): Promise<void> => {
  const order = await taker.library().order(hash);
  await taker.fill({ ...termsOf(order), signature: order.signature });
};

test('cancel-before-trade', async () => {
  const { status, texts, ended_at } = await sandbox.play('cancel-before-trade', { decide: () => YES });
  expect(status).toBe('completed');
  expect(ended_at).toMatch(/Z$/);
  expect(texts).toContain('The maker asks to cancel');
  expect(texts).toContain('The request was accepted: “Not traded yet”');
});

test('cancel-while-trading', async () => {
  const { status, texts } = await sandbox.play('cancel-while-trading', { decide: () => NO });
  expect(status).toBe('completed');
  expect(texts.at(-1)).toBe('The request was rejected: “Already trading”');
});

test('cancel-then-silence: an answer after the time-out', async () => {
  let asked = 0;
  const { status, texts, bot } = await sandbox.play('cancel-then-silence', {
    decide: async () => {
      asked = performance.now();
      await delay((TIMEOUT_S + 1) * 1000);
      return YES;
    },
  });
  expect([status, bot.asked.length]).toEqual(['completed', 1]);
  expect(performance.now() - asked).toBeGreaterThan(TIMEOUT_S * 1000);
  expect(texts).toContain('Nobody answered in time: the order stays locked');
  expect(texts).toContain('The request was accepted: late, “Not traded yet”');
});

test('ask-again: a second request after a refusal', async () => {
  const answers = [NO, YES];
  const { status, texts, bot } = await sandbox.play('ask-again', { decide: () => answers.shift()! });
  expect([status, bot.asked.length]).toEqual(['completed', 2]);
  expect(texts.filter((text) => text === 'The maker asks to cancel')).toHaveLength(2);
});

test(
  'burst',
  async () => {
    const { status, texts, bot } = await sandbox.play('burst', { decide: () => YES });
    expect(texts.at(-1)).toBe('Of 50 requests: 50 accepted');
    expect([status, new Set(bot.asked).size]).toEqual(['completed', 50]);
  },
  2 * PLAY_PATIENCE_MS,
);

test('fill-races-cancel: each order is filled or cancelled, as it comes, and never both', async () => {
  let locked = 0;
  const asked = new Map<string, () => void>();
  const isAsked = (hash: string) => new Promise<void>((resolve) => asked.set(hash, resolve));
  const { status, texts, bot, steps } = await sandbox.play('fill-races-cancel', {
    decide: ({ order_hash }) => {
      asked.get(order_hash)?.();
      return YES;
    },
    onLocked: async (hash, taker) => {
      const turn = locked++;
      if (turn === 0) await delay(2_000); // the maker asks for the others at about that time
      if (turn > 2) await isAsked(hash);
      const { status: hasBecome } = turn === 5 ? await ended(taker, hash) : { status: 'locked' };
      expect(hasBecome).toBe(turn === 5 ? 'cancelled' : 'locked');
      await fill(hash, taker); // the first before it is asked, then as it answers, the last when that is recorded
    },
  });
  expect(status).toBe('completed');
  expect(texts.at(-1)).toMatch(/^Of 5 races: /);
  const hashes = [...new Set(steps.flatMap(({ order_hash }) => order_hash ?? []))];
  expect(hashes).toHaveLength(6);
  const ends = await Promise.all(
    hashes.map(async (hash) => {
      const order = await ended(bot.taker, hash);
      const told = steps.filter(({ order_hash }) => order_hash === hash).map(({ text }) => text);
      expect(told.filter((text) => text.startsWith('The order went from locked to'))).toEqual([
        `The order went from locked to ${order.status}`,
      ]);
      const isFilled = order.status === 'filled';
      expect([order.fills.length, order.cancellation?.status === 'accepted']).toEqual(
        isFilled ? [1, false] : [0, true],
      );
      return order.status;
    }),
  );
  expect(new Set(ends)).toEqual(new Set(['filled', 'cancelled']));
});

async function ended(taker: TakerClient, hash: string): Promise<Data<'getTakerOrder'>> {
  const look = () => taker.library().order(hash);
  await until(async () => (await look()).status !== 'locked', 'the end of the order');
  return look();
}

test('suspend-and-resume', async () => {
  const { status, texts } = await sandbox.play('suspend-and-resume', { decide: () => YES });
  expect(status).toBe('completed');
  const courses = texts.filter((text) => text.startsWith('The order went'));
  expect(courses.slice(1)).toEqual([
    'The order went from locked to suspended',
    'The order went from suspended to locked',
    'The order went from locked to cancelled',
  ]);
});

test(
  'one that fails leaves nothing behind: what is free is cancelled, what the bot has locked is asked for',
  async () => {
    let locked = 0;
    const { status, texts, bot, steps } = await sandbox.play('burst', {
      wants: (change) => isOfScenario(change) && locked++ < 20,
      decide: () => YES,
    });
    expect(status).toBe('failed');
    expect(texts.at(-1)).toBe('It ended here: waited 30 s in vain for the bot to lock it');
    const hashes = [...new Set(steps.flatMap(({ order_hash }) => order_hash ?? []))];
    expect([hashes.length, new Set(bot.asked).size]).toEqual([50, 20]);
    const statuses = async () =>
      sandbox.service.dataSource.query<{ status: string; count: number }[]>(
        'SELECT status, count(*)::int FROM orders WHERE order_hash = ANY($1) GROUP BY status',
        [hashes],
      );
    await until(async () => (await statuses())[0]!.count === 50, 'the last answer');
    expect(await statuses()).toEqual([{ status: 'cancelled', count: 50 }]);
  },
  2 * PLAY_PATIENCE_MS,
);

test('one whose bot does not answer has failed, and says why', async () => {
  const { status, texts } = await sandbox.play('cancel-before-trade', {
    decide: () => new Promise<never>(() => {}),
  });
  expect(status).toBe('failed');
  expect(texts.at(-1)).toBe('It ended here: the bot did not answer in time');
});
