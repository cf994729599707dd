import type { TakerMessage } from '#client';
import { printable } from './screen.js';

/** Wide enough for "partially_filled → cancelled" to be rare beyond it. */
const WHAT_WIDTH = 22;

/** A message on one line, as a person reads it: when, what, which order, and what one needs to go on. */
export function messageText(message: TakerMessage & { by?: string }): string {
  const { timestamp, data, by } = message;
  const [what, more] = inWords(message);
  const words = [...more, ...(by ? [`by ${by}`] : [])].join(', ');
  const line = `${timestamp.slice(0, 23).replace('T', ' ')}Z  ${what.padEnd(WHAT_WIDTH)}  ${data.order_hash}  ${words}`;
  return `${printable(line.trimEnd())}\n`;
}

function inWords(message: TakerMessage): [what: string, more: string[]] {
  switch (message.type) {
    case 'cancellation_request': {
      const { reason, metadata } = message.data;
      const again = metadata.redelivered ? ['asked before'] : [];
      return ['may it be cancelled?', [`"${reason}"`, ...again, `answer by ${clock(metadata.expires_at)}`]];
    }
    case 'order_status_change': {
      const { from_status, to_status, metadata } = message.data;
      const { cause, expires_at, reason } = metadata;
      const until =
        to_status === 'locked' && typeof expires_at === 'string' ? [`until ${clock(expires_at)}`] : [];
      const told = [cause, reason].filter((word) => typeof word === 'string');
      return [`${from_status ?? 'new'} → ${to_status}`, [...told, ...until]];
    }
    case 'order_book_change': {
      const { from_status, to_status } = message.data;
      return [`book: ${from_status ?? 'new'} → ${to_status}`, []];
    }
  }
}

/** A time of the service on the same day or not: as it is, in UTC. */
export function clock(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')}Z`;
}
