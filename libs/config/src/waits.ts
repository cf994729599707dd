/**
 * How long a call may wait, and for what. Whoever waits in vain for its place, its transaction or an answer is told so; that
 * tells more than the end of the call's time, and so has to come first, also where a call waits for one of each.
 */
export const WAITS_MS = {
  /** For its place among the calls that are served at once. */
  place: 2_000,
  /** For its transaction to begin. */
  transaction: 5_000,
  /** For a statement, at the server. */
  statement: 5_000,
  /** For a statement's answer: PostgreSQL speaks first, unless it is gone. */
  answer: 6_000,
  /** In all, from when its body is there. */
  call: 15_000,
  /** For anything to happen on its connection. */
  connection: 30_000,
} as const;
