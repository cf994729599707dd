/** Where a row stands in the order in which rows become readable. */
export interface EventPosition {
  xid: string;
  seq: string;
}

const hex = (decimal: string): string => BigInt(decimal).toString(16).padStart(16, '0');

/** The public id of an event: its position as 32 hex digits, so that ids compare as plain strings. */
export function eventId({ xid, seq }: EventPosition): string {
  return hex(xid) + hex(seq);
}
