import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { TooBusyError } from '../trading-error.js';
import { CallQueue, type QueuedCall } from './call-queue.js';

const SLOW_MS = 25;
const MAX_WAIT_MS = 5_000;
const LIMITS = { maxBatch: 3, maxInFlight: 2 };

// so that no batch takes long but where the test says so
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

interface Call extends QueuedCall {
  number: number;
}

/** Batches that end when the test says so. */
function group() {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const refused: number[] = [];
  const commit = new CallQueue<Call>(LIMITS, (calls) => {
    batches.push(calls.map(({ number }) => number));
    return new Promise((resolve) => {
      ends.push(resolve);
    });
  });
  const reject = (number: number, error: unknown): void => {
    expect(error).toBeInstanceOf(TooBusyError);
    refused.push(number);
  };
  const submit = (...calls: number[]): void =>
    calls.forEach((number) => {
      commit.submit({ number, waitingSince: 0, reject: (error) => reject(number, error) });
    });
  const end = async (batch: number): Promise<void> => {
    ends[batch]!();
    await nextTurn();
  };
  return { batches, refused, submit, end };
}

test('a lone call leaves at once', async () => {
  const { batches, submit } = group();
  submit(1);
  await nextTurn();
  expect(batches).toEqual([[1]]);
});

test('calls of one turn go together, in order; the rest goes in bounded batches as others end', async () => {
  const { batches, submit, end } = group();
  submit(1, 2);
  await nextTurn();
  submit(3, 4, 5);
  await nextTurn();
  submit(6, 7, 8, 9);
  await nextTurn();
  expect(batches).toEqual([
    [1, 2],
    [3, 4, 5],
  ]);
  await end(1);
  expect(batches.slice(2)).toEqual([[6, 7, 8]]);
  await end(0);
  await end(2);
  expect(batches.slice(3)).toEqual([[9]]);
});

test('too few for another batch wait for the one under way to end', async () => {
  const { batches, submit, end } = group();
  submit(1);
  await nextTurn();
  submit(2);
  await nextTurn();
  expect(batches).toEqual([[1]]);
  await end(0);
  expect(batches).toEqual([[1], [2]]);
});

test('they do not wait for one that takes long, and the next do not wait for it either', async () => {
  const { batches, submit, end } = group();
  submit(1);
  await nextTurn();
  submit(2);
  expect(batches).toEqual([[1]]);
  jest.advanceTimersByTime(SLOW_MS);
  expect(batches).toEqual([[1], [2]]);
  await end(1);
  submit(3);
  await nextTurn();
  expect(batches).toEqual([[1], [2], [3]]);
});

test('behind batches that are stuck, a call waits for so long and no longer; then the next go on', async () => {
  const { batches, refused, submit, end } = group();
  submit(1);
  await nextTurn();
  submit(2);
  jest.advanceTimersByTime(SLOW_MS);
  expect(batches).toEqual([[1], [2]]);
  submit(3);
  jest.advanceTimersByTime(MAX_WAIT_MS / 2);
  submit(4);
  jest.advanceTimersByTime(MAX_WAIT_MS / 2 - 1);
  expect(refused).toEqual([]);
  jest.advanceTimersByTime(1);
  expect(refused).toEqual([3]);
  await end(0);
  expect(batches.slice(2)).toEqual([[4]]);
  submit(5);
  jest.advanceTimersByTime(MAX_WAIT_MS);
  expect(refused).toEqual([3, 5]);
  await end(1);
  expect(batches.slice(3)).toEqual([]);
});
