import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DueStep, dueSteps } from './due-steps.js';

/** Seconds on one clock, so that the cases read as a time line. */
const at = (second: number) => new Date(second * 1000);
const locked = (lockEnd: number, deadline: number) => ({
  status: 'locked' as const,
  lock_expires_at: at(lockEnd),
  deadline,
});
const pending = (deadline: number) => ({ status: 'pending' as const, lock_expires_at: null, deadline });
const requested = (expires: number) => ({ status: 'requested' as const, expires_at: at(expires) });
const timedOut = (expires: number) => ({ status: 'timed_out' as const, expires_at: at(expires) });

const runsOut = (to: 'pending' | 'cancelled' | 'expired'): DueStep => ({ kind: 'lock_runs_out', to });
const TIMES_OUT: DueStep = { kind: 'request_times_out' };
const DEADLINE: DueStep = { kind: 'deadline_passes' };

describe('what is due at a moment', () => {
  test.each([
    ['nothing before the deadline', pending(10), null, 9.999, []],
    ['the deadline, at its very second', pending(10), null, 10, [DEADLINE]],
    ['nothing while the lock lives', locked(10, 99), requested(9), 8, []],
    ['the time-out of a request', locked(10, 99), requested(9), 9, [TIMES_OUT]],
    ['nothing for a request that has timed out', locked(10, 99), timedOut(5), 9, []],
    ['the end of the lock, at its very moment', locked(10, 99), null, 10, [runsOut('pending')]],
    ['the end of the lock with an open request', locked(10, 99), requested(20), 15, [runsOut('cancelled')]],
    [
      'first the time-out, then the lock',
      locked(10, 99),
      requested(9),
      15,
      [TIMES_OUT, runsOut('cancelled')],
    ],
    ['the lock first when both end at once', locked(10, 99), requested(10), 15, [runsOut('cancelled')]],
    ['a lock that outlived the deadline', locked(10, 8), null, 10, [runsOut('expired')]],
    ['the same with an open request', locked(10, 8), timedOut(9), 10, [runsOut('expired')]],
    ['a locked order past its deadline stays', locked(10, 8), null, 9, []],
    ['first the lock, then the deadline', locked(10, 12), null, 15, [runsOut('pending'), DEADLINE]],
    ['cancelled by then, it cannot expire', locked(10, 12), requested(20), 15, [runsOut('cancelled')]],
  ])('%s', (_, order, request, now, steps) => {
    expect(dueSteps(order, request, at(now))).toEqual(steps);
  });

  test.each(['suspended', 'cancelled', 'filled'] as const)('nothing ever on a %s order', (status) => {
    expect(dueSteps({ ...locked(10, 5), status }, requested(3), at(100))).toEqual([]);
  });
});

type State = { order: Parameters<typeof dueSteps>[0]; request: Parameters<typeof dueSteps>[1] };

/** The state after its due steps, as the transaction makes it. */
function advance(state: State, now: number): State {
  const next = structuredClone(state);
  for (const step of dueSteps(state.order, state.request, at(now))) {
    if (step.kind === 'request_times_out') next.request!.status = 'timed_out';
    if (step.kind === 'deadline_passes') next.order.status = 'expired';
    if (step.kind === 'lock_runs_out') {
      Object.assign(next.order, { status: step.to, lock_expires_at: null });
      next.request = null;
    }
  }
  return next;
}

test('the outcome does not depend on how often, or when, somebody looks', () => {
  const second = fc.integer({ min: 1, max: 20 });
  const looks = fc.array(second, { maxLength: 8 });
  fc.assert(
    fc.property(second, second, fc.option(second), looks, (lockEnd, deadline, expires, moments) => {
      const start: State = {
        order: locked(lockEnd, deadline),
        request: expires === null ? null : requested(expires),
      };
      const watched = [...moments.toSorted((a, b) => a - b), 20].reduce(advance, start);
      expect(watched).toEqual(advance(start, 20));
    }),
    { numRuns: 2_000 },
  );
});
