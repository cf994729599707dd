import type { TradingErrorCode } from '#trading';

interface WireError {
  /** HTTP status. */
  status: number;
  /** The envelope's code. */
  code: number;
  /** Short and stable; what a person needs stands in the details. */
  message: string;
  /** Details as they may read, for the OpenAPI document. */
  example: string;
}

const tradingErrors = {
  INVALID_PARAMETER: {
    status: 400,
    code: 400001,
    message: 'Invalid parameter',
    example: 'order_hash must be 0x and 64 hex digits',
  },
  TAKER_ADDRESS_NOT_ALLOWED: {
    status: 403,
    code: 403001,
    message: 'Taker address not allowed',
    example: 'taker_address 0x71c7… does not belong to this API key',
  },
  LOCKED_BY_ANOTHER_TAKER: {
    status: 403,
    code: 403002,
    message: 'Order locked by another taker',
    example: 'another holds the lock of this order',
  },
  ORDER_NOT_FOUND: {
    status: 404,
    code: 404001,
    message: 'Order not found',
    example: 'no order has the hash 0x1f90…',
  },
  ORDER_NOT_LOCKED: {
    status: 409,
    code: 409001,
    message: 'Order not locked',
    example: 'the order is not locked; its status is pending',
  },
  NO_CANCELLATION_REQUESTED: {
    status: 409,
    code: 409002,
    message: 'No cancellation requested',
    example: 'the maker has not asked to cancel this order',
  },
  CANCELLATION_ALREADY_ANSWERED: {
    status: 409,
    code: 409003,
    message: 'Cancellation already answered',
    example:
      'the cancellation was accepted by answer at 2026-01-17T03:00:24.123Z; the order is cancelled now',
  },
  ORDER_ALREADY_LOCKED: {
    status: 409,
    code: 409004,
    message: 'Order already locked',
    example: 'another holds the lock of this order',
  },
  ORDER_FINAL: {
    status: 409,
    code: 409005,
    message: 'Order is final',
    example: 'the order is cancelled, which is final',
  },
  NONCE_ALREADY_USED: {
    status: 409,
    code: 409006,
    message: 'Nonce already used',
    example: 'nonce 7 was used before; GET /api/v1/orders/0x1f90… shows whether for this very order',
  },
  QUANTITY_EXCEEDS_REMAINING: {
    status: 409,
    code: 409007,
    message: 'Quantity exceeds remaining',
    example: 'fill_quantity 101 is above the remaining quantity, 100',
  },
  ORDER_EXPIRED: {
    status: 409,
    code: 409008,
    message: 'Order expired',
    example: "the order's deadline 1798761600 (Unix seconds) has passed",
  },
  ORDER_SUSPENDED: {
    status: 409,
    code: 409009,
    message: 'Order suspended',
    example: 'the order is suspended; only the operator can change it',
  },
  TOO_MANY_REQUESTS: {
    status: 429,
    code: 429001,
    message: 'Too many requests',
    example: 'too many calls in this second; try again in 1 s',
  },
} as const satisfies Record<TradingErrorCode, WireError>;

const edgeErrors = {
  MALFORMED_JSON: {
    status: 400,
    code: 400002,
    message: 'Malformed JSON',
    example: 'the body is not valid JSON: Unexpected end of JSON input',
  },
  BODY_TOO_LARGE: {
    status: 413,
    code: 413001,
    message: 'Body too large',
    example: 'the body must not be larger than 64 KiB',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    code: 415001,
    message: 'Unsupported media type',
    example: 'the content type must be application/json',
  },
  MISSING_HEADER: {
    status: 401,
    code: 10010012,
    message: 'Missing required header',
    example: 'X-API-Key is required',
  },
  API_KEY_NOT_FOUND: {
    status: 401,
    code: 10010009,
    message: 'API key not found',
    example: 'X-API-Key is not a known API key, or it was revoked',
  },
  API_KEY_EXPIRED: {
    status: 401,
    code: 10010010,
    message: 'API key expired',
    example: 'this API key has expired; ask the operator for a new one',
  },
  SIGNATURE_INVALID: {
    status: 401,
    code: 10010008,
    message: 'Signature verification failed',
    example:
      'X-API-Signature must be Base64(HMAC-SHA256(secret, METHOD|path|timestamp|Q)) of the request as it was sent',
  },
  SIGNATURE_USED: {
    status: 401,
    code: 10010013,
    message: 'Signature already used',
    example: 'X-API-Signature was used before, and the call may have been done: sign again and repeat it',
  },
  TIMESTAMP_EXPIRED: {
    status: 401,
    code: 10010011,
    message: 'Timestamp expired',
    example: 'X-API-Timestamp must be Unix milliseconds within 5 minutes of now, 1768618824123',
  },
  IP_NOT_ALLOWED: {
    status: 403,
    code: 403003,
    message: 'IP address not allowed',
    example: 'this API key may not be used from 203.0.113.7',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    code: 403005,
    message: 'Origin not allowed',
    example: 'Origin must be one that ALLOWED_ORIGINS names, not https://other.example',
  },
  ACCOUNT_SUSPENDED: {
    status: 403,
    code: 403004,
    message: 'Account suspended',
    example:
      'the taker is suspended: what it holds can be answered, unlocked, filled and rejected, and nothing else be done',
  },
  TOKEN_EXPIRED: {
    status: 401,
    code: 401,
    message: 'Token expired',
    example: 'the token expired at 2026-01-17T03:00:24.000Z; log in again',
  },
  TOKEN_INVALID: {
    status: 401,
    code: 401,
    message: 'Invalid token',
    example: 'the token was not issued by this service',
  },
  LOGIN_SIGNATURE: {
    status: 400,
    code: 400,
    message: 'Invalid signature',
    example: "signature must be the wallet's EIP-191 signature of the message",
  },
  LOGIN_FORMAT: {
    status: 400,
    code: 400,
    message: 'Invalid message format',
    example:
      'the line "Timestamp: …" has a time without an offset: write Z behind it if it is UTC, or +08:00',
  },
  LOGIN_TIMESTAMP: {
    status: 400,
    code: 400,
    message: 'Timestamp expired',
    example: 'the message must be signed within 5 minutes of now, 2026-01-17T03:00:24.123Z',
  },
  LOGIN_NONCE: {
    status: 400,
    code: 400,
    message: 'Nonce already used',
    example: 'the nonce of this message was used for a login before',
  },
  LOGIN_ADDRESS: {
    status: 400,
    code: 400,
    message: 'Invalid wallet address',
    example: 'the message must name the same wallet as wallet_address',
  },
  LOGIN_CHAIN: {
    status: 400,
    code: 400,
    message: 'Chain ID mismatch',
    example: "chain_id and the message's chain id must both be 97",
  },
  ROUTE_NOT_FOUND: {
    status: 404,
    code: 404000,
    message: 'Route not found',
    example: 'there is no such call or page; see /guide/ and /reference/',
  },
  SCENARIO_NOT_FOUND: {
    status: 404,
    code: 404002,
    message: 'Scenario not found',
    example: 'no scenario of the last 100 has this id',
  },
  NOT_CONFIRMED: {
    status: 422,
    code: 422001,
    message: 'Not confirmed',
    example: 'order 0x1f90… was given up by a yes that is not reported',
  },
  INTERNAL: {
    status: 500,
    code: 500001,
    message: 'Internal error',
    example: 'request id 8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11',
  },
  UNAVAILABLE: {
    status: 503,
    code: 503001,
    message: 'Service unavailable',
    example:
      'the database is away; nothing was done, try again, request id 8b9ad3ad-4d0c-4f3e-9a26-5b1f1b5a9c11',
  },
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
    /** Seconds after which to try again, where it is known. */
    readonly retryAfterSeconds?: number,
  ) {
    super(`${error}: ${details}`);
  }
}
