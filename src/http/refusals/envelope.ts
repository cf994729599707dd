import { API_ERRORS, type ApiErrorName } from './api-errors.js';

/** Details quote names that callers made up, however long. */
const MAX_DETAILS_CHARACTERS = 4_000;

/** How every success is answered. */
export interface Success<T> {
  code: 0;
  data: T;
}

/** How every refusal is answered. */
export interface Failure {
  code: number;
  message: string;
  details: string;
}

export function success<T>(data: T): Success<T> {
  return { code: 0, data };
}

export function failure(error: ApiErrorName, details: string): Failure {
  const { code, message } = API_ERRORS[error];
  return { code, message, details: details.slice(0, MAX_DETAILS_CHARACTERS) };
}
