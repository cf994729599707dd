import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';

/** SQLSTATE classes and codes that say "not now": connection lost, shutting down, starting up, out of resources. */
const AWAY_CODE =
  /^(08|53|57P0[1-4]|57014|55P03|25P03|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;
/** What node-postgres says without a code. */
const AWAY_MESSAGE =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Driver not Connected|Cannot use a pool after calling end/i;
/** What TypeORM throws when a connection broke between two statements of a transaction: it has let go of it by then. */
const LET_GO = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

export const driverError = (error: unknown): { code?: unknown; message?: unknown; constraint?: unknown } =>
  (error instanceof QueryFailedError ? error.driverError : error) ?? {};

/** Whether the database could not do its work now, so that the same call may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (LET_GO.some((LetGo) => error instanceof LetGo)) return true;
  const { code, message } = driverError(error);
  return AWAY_CODE.test(String(code ?? '')) || AWAY_MESSAGE.test(String(message ?? ''));
}

/** Whether a statement failed on a unique constraint or index: on the one of this name, or without name on any. */
export function violatesUnique(error: unknown, constraint?: string): boolean {
  const cause = driverError(error);
  return cause.code === '23505' && (constraint === undefined || cause.constraint === constraint);
}

/** Whether a statement changed another number of rows than it had to, by the function require_rows. */
export function changedOtherRowCount(error: unknown): boolean {
  return driverError(error).code === 'LK001';
}
