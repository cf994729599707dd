/** Where a row stands in the order in which rows become readable. */
export interface EventPosition {
  xid: string;
  seq: string;
}

/** Two 64-bit numbers, of which the second is a signed one that is never negative. */
const EVENT_ID = /^([0-9a-f]{16})([0-7][0-9a-f]{15})$/;

const hex = (decimal: string): string => BigInt(decimal).toString(16).padStart(16, '0');
const decimal = (digits: string): string => BigInt(`0x${digits}`).toString();

/** The public id of an event: its position as 32 hex digits, so that ids compare as plain strings. */
export function eventId({ xid, seq }: EventPosition): string {
  return hex(xid) + hex(seq);
}

/** The position that a public id stands for, unless it is none. */
export function eventPosition(id: string): EventPosition | undefined {
  const [, xid, seq] = EVENT_ID.exec(id) ?? [];
  return xid && seq ? { xid: decimal(xid), seq: decimal(seq) } : undefined;
}
