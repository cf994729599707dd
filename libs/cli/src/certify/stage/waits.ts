/** How long the certification waits, in milliseconds unless named otherwise. Tests are quicker. */
export interface Waits {
  /** For the bot's first connection. */
  firstConnectionMs: number;
  /** For the bot to lock an order. */
  lockMs: number;
  /** For the bot to answer, to repeat an answer, or to come back. */
  answerMs: number;
  /** For what must not come. */
  settleMs: number;
  /** What the runner asks for with `Retry-After`. */
  retryAfterSeconds: number;
  /** How late a push is. */
  latePushMs: number;
  /** How late a reply is. */
  slowReplyMs: number;
  /** For a ping, of which the service sends one every 30 s. */
  pingMs: number;
  /** For the bot to notice that a socket says nothing any more. */
  silenceMs: number;
  /** For how long the bot's key is refused. */
  keyRefusedMs: number;
}

export const WAITS: Waits = {
  firstConnectionMs: 600_000,
  lockMs: 30_000,
  answerMs: 60_000,
  settleMs: 5_000,
  retryAfterSeconds: 5,
  latePushMs: 20_000,
  slowReplyMs: 30_000,
  pingMs: 40_000,
  silenceMs: 100_000,
  keyRefusedMs: 10_000,
};
