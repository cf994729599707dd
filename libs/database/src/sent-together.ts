import { driverError } from './database-errors.js';

/** What PostgreSQL says of every statement after the one that failed. */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * The results of statements that one transaction sends together. When one fails, so do those after it, and whose failure
 * is heard of first is chance: the one that is thrown is the cause.
 */
export async function sentTogether<T extends readonly unknown[]>(
  statements: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(statements);
  const errors = settled.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (errors.length > 0)
    throw errors.find((error) => driverError(error).code !== IN_FAILED_TRANSACTION) ?? errors[0];
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}
