import { POOL_SIZE } from '#database';

/**
 * Connections of a process to the database, by what they are planned for; who comes first gets one. Who finds none free waits
 * for one, 5 s at most.
 */
export const CONNECTIONS = {
  /** Ordinary calls: what they read, and orders that are placed. A call that changes an order gives its change to the queue. */
  calls: 9,
  /** Transactions of the queue, each of many calls on orders that nobody else is at. */
  batches: 4,
  /** Calls on orders that another transaction has locked, and those of a batch that failed: each in a transaction of its own. */
  singles: 4,
  /**
   * Logins, validations, keys and signatures that are looked up, what timers look for, push receipts, readiness and metrics,
   * which soon give theirs back.
   */
  others: 3,
} as const;

/** Calls that one transaction of the queue takes. */
export const BATCH_CALLS = 24;

/**
 * Calls that are served at once, and that wait, by kind; kinds do not wait for each other. Takers' answers (`verdict`) and
 * makers' cancels need no connections but the queue's, and for a moment one for a signature; answers pass all others. A
 * validation may wait for the chain's node, which must not hold up trades. Whoever likes may try to log in.
 *
 * So the queue of changes needs no bound of its own: calls come to it that have a place, or had one until their time was up,
 * and timers, a few at a time.
 */
export const CALLS = {
  verdict: { places: 1_000, queue: 0 },
  cancel: { places: 100, queue: 500 },
  validation: { places: 32, queue: 500 },
  login: { places: 4, queue: 500 },
  ordinary: { places: CONNECTIONS.calls, queue: 500 },
} as const;

const connections = Object.values(CONNECTIONS).reduce<number>((sum, each) => sum + each, 0);
if (connections !== POOL_SIZE) {
  throw new Error(`${connections} connections are given away, the pool has ${POOL_SIZE}`);
}
