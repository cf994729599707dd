import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { TooBusyError } from '../trading-error.js';
import { GroupCommit } from './group-commit.js';

const LIMITS = { maxBatch: 3, maxInFlight: 2, maxWaiting: 5 };

/** Batches that end when the test says so. */
function group() {
  const batches: number[][] = [];
  const ends: (() => void)[] = [];
  const commit = new GroupCommit<number>(LIMITS, (calls) => {
    batches.push(calls);
    return new Promise((resolve) => {
      ends.push(resolve);
    });
  });
  const submit = (...calls: number[]): void => calls.forEach((call) => commit.submit(call));
  const end = async (batch: number): Promise<void> => {
    ends[batch]!();
    await nextTurn();
  };
  return { batches, submit, end };
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
  submit(3);
  await nextTurn();
  submit(4, 5, 6, 7);
  await nextTurn();
  expect(batches).toEqual([[1, 2], [3]]);
  await end(1);
  expect(batches).toEqual([[1, 2], [3], [4, 5, 6]]);
  await end(0);
  expect(batches.at(-1)).toEqual([7]);
});

test('a call more than may wait is refused, and there is room again when a batch has left', async () => {
  const { batches, submit, end } = group();
  submit(1);
  await nextTurn();
  submit(2);
  await nextTurn();
  submit(3, 4, 5, 6, 7);
  expect(() => submit(8)).toThrow(TooBusyError);
  await end(0);
  submit(9);
  await end(1);
  await end(2);
  expect(batches.flat()).toEqual([1, 2, 3, 4, 5, 6, 7, 9]);
});
