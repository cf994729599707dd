import { API_ERRORS, type ApiErrorName } from './api-errors.js';

/** Details quote names that callers made up, however long. */
const MAX_DETAILS_CHARACTERS = 4_000;

/** How every refusal is answered. */
export interface Failure {
  code: number;
  message: string;
  details: string;
  docs: string;
}

/** Where this service tells of an error: a path below its own address. */
export const errorPath = (code: number): string => `/docs/errors/${code}`;

export function failure(error: ApiErrorName, details: string): Failure {
  const { code, message } = API_ERRORS[error];
  return { code, message, details: details.slice(0, MAX_DETAILS_CHARACTERS), docs: errorPath(code) };
}
