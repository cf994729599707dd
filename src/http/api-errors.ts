import type { TradingErrorCode } from '#trading';

interface WireError {
  /** HTTP status. */
  status: number;
  /** The envelope's code. */
  code: number;
  /** Short and stable; what a person needs stands in the details. */
  message: string;
}

const tradingErrors = {
  INVALID_PARAMETER: { status: 400, code: 400001, message: 'Invalid parameter' },
  TAKER_ADDRESS_NOT_ALLOWED: { status: 403, code: 403001, message: 'Taker address not allowed' },
  LOCKED_BY_ANOTHER_TAKER: { status: 403, code: 403002, message: 'Order locked by another taker' },
  ORDER_NOT_FOUND: { status: 404, code: 404001, message: 'Order not found' },
  ORDER_NOT_LOCKED: { status: 409, code: 409001, message: 'Order not locked' },
  NO_CANCELLATION_REQUESTED: { status: 409, code: 409002, message: 'No cancellation requested' },
  CANCELLATION_ALREADY_ANSWERED: { status: 409, code: 409003, message: 'Cancellation already answered' },
  ORDER_ALREADY_LOCKED: { status: 409, code: 409004, message: 'Order already locked' },
  ORDER_FINAL: { status: 409, code: 409005, message: 'Order is final' },
  NONCE_ALREADY_USED: { status: 409, code: 409006, message: 'Nonce already used' },
  QUANTITY_EXCEEDS_REMAINING: { status: 409, code: 409007, message: 'Quantity exceeds remaining' },
  ORDER_EXPIRED: { status: 409, code: 409008, message: 'Order expired' },
  ORDER_SUSPENDED: { status: 409, code: 409009, message: 'Order suspended' },
} as const satisfies Record<TradingErrorCode, WireError>;

const edgeErrors = {
  MALFORMED_JSON: { status: 400, code: 400002, message: 'Malformed JSON' },
  BODY_TOO_LARGE: { status: 413, code: 413001, message: 'Body too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, code: 415001, message: 'Unsupported media type' },
  MISSING_HEADER: { status: 401, code: 10010012, message: 'Missing required header' },
  API_KEY_NOT_FOUND: { status: 401, code: 10010009, message: 'API key not found' },
  API_KEY_EXPIRED: { status: 401, code: 10010010, message: 'API key expired' },
  TOKEN_EXPIRED: { status: 401, code: 401, message: 'Token expired' },
  TOKEN_INVALID: { status: 401, code: 401, message: 'Invalid token' },
  LOGIN_SIGNATURE: { status: 400, code: 400, message: 'Invalid signature' },
  LOGIN_FORMAT: { status: 400, code: 400, message: 'Invalid message format' },
  LOGIN_TIMESTAMP: { status: 400, code: 400, message: 'Timestamp expired' },
  LOGIN_NONCE: { status: 400, code: 400, message: 'Nonce already used' },
  LOGIN_ADDRESS: { status: 400, code: 400, message: 'Invalid wallet address' },
  LOGIN_CHAIN: { status: 400, code: 400, message: 'Chain ID mismatch' },
  ROUTE_NOT_FOUND: { status: 404, code: 404000, message: 'Route not found' },
  TOO_MANY_REQUESTS: { status: 429, code: 429001, message: 'Too many requests' },
  INTERNAL: { status: 500, code: 500001, message: 'Internal error' },
  UNAVAILABLE: { status: 503, code: 503001, message: 'Service unavailable' },
} as const satisfies Record<string, WireError>;

/** Every error a client can meet, in one place: HTTP status, code and message. */
export const API_ERRORS = { ...tradingErrors, ...edgeErrors };
export type ApiErrorName = keyof typeof API_ERRORS;

/** A refusal at the edge, before or around the domain. */
export class ApiError extends Error {
  constructor(
    readonly error: ApiErrorName,
    /** For a person. */
    readonly details: string,
  ) {
    super(`${error}: ${details}`);
  }
}
