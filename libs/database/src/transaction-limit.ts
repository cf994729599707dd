/**
 * Longer than any transaction of ours lasts that changes orders: a few statements, each bounded on the server and in the
 * client, and pauses between them that the server bounds. Only a COMMIT that waits for a synchronous standby can take longer.
 */
export const TRANSACTION_LIMIT_MS = 20_000;
