import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { termsOf } from '#client';
import type { TakerClient } from '../support/clients.js';
import { NO, PLAY_PATIENCE_MS, RunningSandbox, YES } from '../support/sandbox.js';
import { START_PATIENCE_MS } from '../support/service-process.js';

/** What each scenario plays towards a bot, and what it tells of it. A busy machine has time for a burst. */
const TIMEOUT_S = 4;
const SETTINGS = { SANDBOX_STEP_MS: '500', CANCELLATION_TIMEOUT_SECONDS: String(TIMEOUT_S) };

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await RunningSandbox.start(SETTINGS);
}, START_PATIENCE_MS);
afterAll(() => sandbox.stop());

const fillAfter = (ms: number) => async (hash: string, taker: TakerClient) => {
  await delay(ms);
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

test('fill-races-cancel', async () => {
  const { status, texts } = await sandbox.play('fill-races-cancel', {
    decide: () => NO,
    onLocked: fillAfter(700),
  });
  expect(status).toBe('completed');
  expect(texts.at(-1)).toMatch(/^Of 5 races: /);
  expect(texts.filter((text) => text === 'The order went from locked to filled')).toHaveLength(6);
});

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

test('one whose bot does not answer has failed, and says why', async () => {
  const { status, texts } = await sandbox.play('cancel-before-trade', {
    decide: () => new Promise<never>(() => {}),
  });
  expect(status).toBe('failed');
  expect(texts.at(-1)).toBe('It ended here: the bot did not answer in time');
});
