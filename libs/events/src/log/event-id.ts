import { hash } from 'node:crypto';
import type { OrderEvent } from './order-event.entity.js';

/** What an event's mark is made of: no two rows have all of it in common. */
type Marked = Pick<
  OrderEvent,
  'seq' | 'order_id' | 'version' | 'type' | 'to_status' | 'request_id' | 'created_at'
>;

const EVENT_ID = /^[0-9a-f]{32}$/;
/** The largest bigint of PostgreSQL. */
const MAX_SEQ = 2n ** 63n - 1n;

/** What stands for a place before the first event. */
export const BEFORE_ALL = '0'.repeat(32);

const hex = (number: bigint | string): string => BigInt(number).toString(16).padStart(16, '0');
const decimal = (digits: string): string => BigInt(`0x${digits}`).toString();

/**
 * The public id of an event, 32 hex digits: its number in the log, so that ids compare as plain strings, and a mark of
 * that very row. The mark is made of what the row says, so that a row keeps it in a restored dump, and a row of another
 * database, or one that took its number when the database had gone back in time, has another.
 */
export function eventId(event: Marked): string {
  return hex(event.seq) + markOf(event);
}

/**
 * The id of the second message about the same event, right after that of the first. Who goes on after it has heard all that
 * is said of the event.
 */
export function secondId(id: string): string {
  return id.slice(0, 16) + hex(BigInt(`0x${id.slice(16)}`) + 1n);
}

/** Whether a text has the form of an event's id. */
export function isEventId(text: string): boolean {
  return EVENT_ID.test(text);
}

/** The number in the log of the event that has this id; of what can be none, the largest. */
export function seqOf(id: string): string {
  const seq = BigInt(`0x${id.slice(0, 16)}`);
  return String(seq > MAX_SEQ ? MAX_SEQ : seq);
}

/** The numbers in the log that an id may stand for. */
export function candidatesOf(id: string): string[] {
  return [id.slice(0, 16), id.slice(16)].map(decimal).filter((seq) => BigInt(seq) <= MAX_SEQ);
}

/**
 * An event's id as it was given out while positions were transaction numbers: that number, and then the event's own.
 * Clients may still resume with such an id.
 */
export function earlierEventId(transaction: string, seq: string): string {
  return hex(transaction) + hex(seq);
}

/** An id that no event has, and that comes before all of them. */
export function idOfNoEvent(time: Date): string {
  return hex(0n) + hex(BigInt(time.getTime()));
}

/** 63 bits: services of an earlier version take this half for a number, and would refuse a larger one. */
function markOf({ order_id, version, type, to_status, request_id, created_at }: Marked): string {
  const row = [order_id, version, type, to_status, request_id, created_at.getTime()].join(' ');
  const digits = hash('sha256', row, 'hex').slice(0, 16);
  return (Number.parseInt(digits[0]!, 16) % 8).toString(16) + digits.slice(1);
}
