import { HttpException } from '@nestjs/common';
import { CommitUnknownError, isDatabaseAway } from '#database';
import { ChainAwayError, TooBusyError, TradingError } from '#trading';
import { API_ERRORS, ApiError, type ApiErrorName } from './api-errors.js';

/** Seconds after which a caller may try again when the service could not do its work. */
export const RETRY_AFTER_SECONDS = 1;

/** Of a call that may have been done and may not. */
export const UNKNOWN_OUTCOME =
  'whether this call was done is not known; it may be repeated, and does nothing twice';

/** Every error as the name and the details under which it goes over the wire: the one place that decides. */
export function toFailure(error: unknown, callId: string): { error: ApiErrorName; details: string } {
  if (error instanceof ApiError) return { error: error.error, details: error.details };
  if (error instanceof TradingError) return { error: error.code, details: error.details };
  if (error instanceof TooBusyError || error instanceof ChainAwayError) {
    return { error: 'UNAVAILABLE', details: `${error.message}; nothing was done, try again` };
  }
  if (error instanceof CommitUnknownError) {
    const details = `the database did not say whether it committed: ${UNKNOWN_OUTCOME}, request id ${callId}`;
    return { error: 'UNAVAILABLE', details };
  }
  if (isDatabaseAway(error)) {
    const details = `the database is away; nothing was done, try again, request id ${callId}`;
    return { error: 'UNAVAILABLE', details };
  }
  return fromFramework(error) ?? { error: 'INTERNAL', details: `request id ${callId}` };
}

/** What Nest and Fastify refuse by themselves. */
function fromFramework(error: unknown): { error: ApiErrorName; details: string } | undefined {
  const { message, statusCode } = error as { message?: string; statusCode?: number };
  const status = error instanceof HttpException ? error.getStatus() : statusCode;
  switch (status) {
    case 404:
      return { error: 'ROUTE_NOT_FOUND', details: API_ERRORS.ROUTE_NOT_FOUND.example };
    case 415:
      return { error: 'UNSUPPORTED_MEDIA_TYPE', details: 'the content type must be application/json' };
  }
  if (status !== undefined && status >= 400 && status < 500) {
    return { error: 'INVALID_PARAMETER', details: message ?? 'the request cannot be read' };
  }
  return undefined;
}
