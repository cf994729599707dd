import { closeSync, openSync, readSync } from 'node:fs';
import { IP_RANGE_RULE, isIpRange } from '#config';
import { isAddressText, NOTES_MAX, ORDER_STATUSES, type OrderReference, type OrderStatus } from '#trading';
import { InvalidArgumentError } from 'commander';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ORDER_HASH = /^0x[0-9a-f]{64}$/i;
const DURATION = /^([1-9]\d{0,5})([smhd])$/;
const SECONDS_OF = { s: 1, m: 60, h: 3_600, d: 86_400 };

export function address(text: string): string {
  if (!isAddressText(text)) {
    throw new InvalidArgumentError('It must be 0x and 40 hex digits, in mixed case with a valid checksum.');
  }
  return text.toLowerCase();
}

/** An option that may be given several times: collects lower-case addresses. */
export function addAddress(text: string, others: string[] = []): string[] {
  return [...others, address(text)];
}

/** An option that may be given several times: collects addresses and CIDRs. */
export function addIpRange(text: string, others: string[] = []): string[] {
  if (!isIpRange(text)) throw new InvalidArgumentError(`It must be ${IP_RANGE_RULE}.`);
  return [...others, text];
}

export function uuid(text: string): string {
  if (!UUID.test(text)) throw new InvalidArgumentError('It must be a UUID.');
  return text.toLowerCase();
}

/** An order's hash in any case, or its id. */
export function orderReference(text: string): OrderReference {
  if (ORDER_HASH.test(text)) return { order_hash: text.toLowerCase() };
  if (UUID.test(text)) return { id: text.toLowerCase() };
  throw new InvalidArgumentError('It must be an order hash (0x and 64 hex digits) or an order id (a UUID).');
}

export function reason(text: string): string {
  if (text.trim().length === 0 || [...text].length > NOTES_MAX) {
    throw new InvalidArgumentError('It must have 1 to 1,000 characters, not only blanks.');
  }
  return text;
}

export function name(text: string): string {
  if (text.length === 0 || [...text].length > 100 || /\p{C}/u.test(text))
    throw new InvalidArgumentError('It must have 1 to 100 characters, all of them printable.');
  return text;
}

export function orderStatus(text: string): OrderStatus {
  const found = ORDER_STATUSES.find((known) => known === text);
  if (!found) throw new InvalidArgumentError(`It must be one of ${ORDER_STATUSES.join(', ')}.`);
  return found;
}

/** How many rows are shown at most. */
export function limit(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It must be a number from 1 to 99999.');
  return Number(text);
}

/** A duration such as 90s, 30m, 24h or 30d, in seconds. */
export function duration(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  if (!count) throw new InvalidArgumentError('It must be a duration such as 90s, 30m, 24h or 30d.');
  return Number(count) * SECONDS_OF[unit as keyof typeof SECONDS_OF];
}

/** A duration, or none at all. */
export function durationOrNone(text: string): number {
  return text === '0s' ? 0 : duration(text);
}

/** Far more than any file has that is read here; some files, such as /dev/zero, do not end. */
const MAX_CONTENT_BYTES = 1024 * 1024;

/** Of a file. */
export function contentOf(path: string): string {
  const content = Buffer.alloc(MAX_CONTENT_BYTES + 1);
  let length = 0;
  try {
    const file = openSync(path, 'r');
    for (let read = -1; read !== 0 && length < content.length; length += read)
      read = readSync(file, content, length, content.length - length, null);
    closeSync(file);
  } catch (error) {
    throw new InvalidArgumentError(`The file cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  if (length > MAX_CONTENT_BYTES) throw new InvalidArgumentError('The file is larger than 1 MiB.');
  return content.toString('utf8', 0, length);
}
