import { EVENTS_KEPT_SINCE } from '#events';

/** A rule that must hold in the database at every moment, whatever happened. */
export interface Invariant {
  number: number;
  sentence: string;
  /** Selects, as `subject`, the order hash or the request id of each row that breaks the rule. */
  broken: string;
}

/** SQL: the contract's statuses of orders that may go on. */
export const OPEN = `('pending', 'locked', 'suspended')`;

/** SQL: the contract's final statuses. */
export const FINAL = `('partially_filled', 'filled', 'cancelled', 'expired', 'rejected')`;

/** SQL: an event by which a request ends. */
export const ENDS_REQUEST = `(type = 'cancellation_update' AND payload ->> 'status' IN ('accepted', 'rejected'))`;

/**
 * SQL: since when all events are there. Old ones are dropped after a time, so of an older change nothing can be told;
 * without any event, none of the changes since then can have been recorded.
 */
export const KEPT_SINCE = `(SELECT COALESCE(min(created_at), ${EVENTS_KEPT_SINCE}) FROM order_events)`;
