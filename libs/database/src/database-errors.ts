import { DatabaseError } from 'pg';
import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  TypeORMError,
} from 'typeorm';

/**
 * SQLSTATE classes and codes that say that the statement or its data were wrong, so that the same call would fail again:
 * unsupported features, cardinality, data, constraints, SQL itself (but a missing right), limits of a program, errors
 * that our own functions raise, and statements in a transaction that has failed already.
 */
const FAULT_OF_THE_CALL = /^(0A|21|22|23|42(?!501)|44|54|P0|LK|25P02)/;
const READ_ONLY = '25006';
/** What TypeORM throws when a connection broke between two statements of a transaction: it has let go of it by then. */
const LET_GO = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];
/** What TypeORM says without a class of its own, while the process stops. */
const CLOSED = 'Driver not Connected';
/** Errors of these names are bugs, wherever they come from. */
const BUGS = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/** The database could not be asked, or did not answer: whatever node-postgres fails with, but what PostgreSQL says. */
export class DatabaseUnavailableError extends Error {}

/** Nothing came back in time. */
export class NoAnswerError extends DatabaseUnavailableError {
  constructor(milliseconds: number) {
    super(`no answer within ${milliseconds} ms`);
  }
}

/** Tells errors of the connection from bugs, at the border to node-postgres, which throws plain errors for them. */
export function asDatabaseError(error: Error): Error {
  const isKnown = error instanceof DatabaseError || error instanceof DatabaseUnavailableError;
  if (isKnown || BUGS.has(error.name)) return error;
  return new DatabaseUnavailableError(messageOf(error), { cause: error });
}

/** Errors of several addresses of one host come as one error without a message. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return (error as Error).message;
}

/** What PostgreSQL or the connection failed with. */
export const driverError = (error: unknown): unknown =>
  error instanceof QueryFailedError ? error.driverError : error;

const sqlStateOf = (error: unknown): string | undefined => {
  const cause = driverError(error);
  return cause instanceof DatabaseError ? cause.code : undefined;
};

/** Whether the database could not do its work now, so that the same call may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  if (LET_GO.some((LetGo) => error instanceof LetGo)) return true;
  if (error instanceof TypeORMError && error.message === CLOSED) return true;
  const code = sqlStateOf(error);
  return code === undefined
    ? driverError(error) instanceof DatabaseUnavailableError
    : !FAULT_OF_THE_CALL.test(code);
}

/** Whether the server is one that cannot be written, such as a standby. */
export const isReadOnly = (error: unknown): boolean => sqlStateOf(error) === READ_ONLY;

/** Whether a statement failed on a unique constraint or index: on the one of this name, or without name on any. */
export function violatesUnique(error: unknown, constraint?: string): boolean {
  const cause = driverError(error) as DatabaseError;
  return sqlStateOf(error) === '23505' && (constraint === undefined || cause.constraint === constraint);
}

/** Whether a statement changed another number of rows than it had to, by the function require_rows. */
export function changedOtherRowCount(error: unknown): boolean {
  return sqlStateOf(error) === 'LK001';
}
