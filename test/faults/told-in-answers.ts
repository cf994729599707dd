import type { Finding } from '#trading';
import type { Evidence } from './evidence.js';
import { finding } from './finding.js';
import type { Told, Wait } from './ledger.js';
import { callOf } from './told-is-recorded.js';

/** Of a call as a whole. */
const CALL_BOUND_MS = 15_000;
/** A machine that is busy with the suite itself, and an instance that a fault freezes. */
const CALL_SLACK_MS = 10_000;
/** So long a call may last here. */
export const LONGEST_CALL_MS = CALL_BOUND_MS + CALL_SLACK_MS;

/** Invariant 16; what it goes by are the ids of calls, so that no two may have the same. */
export function refusalsChangedNothing({ told, record, undone }: Evidence): Finding {
  const changedBy = new Set([...record.events, ...(undone?.record.events ?? [])].map(callOf));
  const refusals = told.filter(({ status }) => status >= 400 && status < 500);
  const ids = new Set<string>();
  const nameless = told.filter(({ callId }) => callId === '' || ids.size === ids.add(callId).size);
  return finding(16, 'a definite 4xx changed nothing', [
    ...refusals.filter(({ callId }) => changedBy.has(callId)).map(describe),
    ...nameless.map((call) => `no id of its own: ${describe(call)}`),
  ]);
}

/** Invariant 20, of the calls whose client let them wait. */
export function callsEnd({ waits }: Evidence): Finding {
  const isTooLong = ({ ms }: Wait): boolean => ms > LONGEST_CALL_MS;
  return finding(
    20,
    'no call waits longer than its bound',
    waits.filter(isTooLong).map(({ call, ms }) => `${call} took ${Math.round(ms)} ms`),
  );
}

function describe({ method, path, status, callId }: Told): string {
  return `${method} ${path} ${status} ${callId}`;
}
