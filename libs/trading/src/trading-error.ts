/** Everything the domain can refuse, by name; what goes over the wire for each is decided at the edge. */
export type TradingErrorCode =
  | 'INVALID_PARAMETER'
  | 'TAKER_ADDRESS_NOT_ALLOWED'
  | 'LOCKED_BY_ANOTHER_TAKER'
  | 'ORDER_NOT_FOUND'
  | 'ORDER_NOT_LOCKED'
  | 'NO_CANCELLATION_REQUESTED'
  | 'CANCELLATION_ALREADY_ANSWERED'
  | 'ORDER_ALREADY_LOCKED'
  | 'ORDER_FINAL'
  | 'NONCE_ALREADY_USED'
  | 'QUANTITY_EXCEEDS_REMAINING'
  | 'ORDER_EXPIRED'
  | 'ORDER_SUSPENDED'
  | 'TOO_MANY_REQUESTS';

/** A refusal: the call changed nothing, and `details` tells a person why. */
export class TradingError extends Error {
  constructor(
    readonly code: TradingErrorCode,
    readonly details: string,
    /** When the same may be tried again, where that is known. */
    readonly retryAfterSeconds?: number,
  ) {
    super(`${code}: ${details}`);
  }
}

/** A bug or a damaged database, not a refusal: nothing is done, the order is suspended, and the caller gets a 500. */
export class BrokenInvariantError extends Error {}

/** Only the chain could tell, and it does not: nothing is done, and the caller may try again. */
export class ChainAwayError extends Error {}

/** The database holds up the calls before this one: nothing is done, and the caller may try again. */
export class TooBusyError extends Error {}
