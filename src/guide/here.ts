import type { Settings } from '#config';

/** Settings that are no secret, and that those who connect must know. */
const TOLD = [
  'CANCELLATION_COOLDOWN_SECONDS',
  'CANCELLATION_TIMEOUT_SECONDS',
  'EIP712_CHAIN_ID',
  'EIP712_VERIFYING_CONTRACT',
  'EVENT_RETENTION_DAYS',
  'LOCK_MAX_SECONDS',
  'LOCK_TTL_SECONDS',
  'LOGINS_PER_MINUTE_PER_ADDRESS',
  'MAX_LOCKS_PER_TAKER',
  'MAX_OPEN_ORDERS_PER_MAKER',
  'MAX_SOCKETS_PER_CALLER',
  'ORDERS_PER_MINUTE_PER_ADDRESS',
  'ORDERS_PER_MINUTE_PER_MAKER',
  'ORDER_MIN_VALIDITY_HOURS',
  'RATE_LIMIT_PER_SECOND',
] as const satisfies (keyof Settings)[];

const NAMED = new RegExp(`\`(${TOLD.join('|')})\``, 'g');

/** A line of code, in which the service stands with its default port. */
const COMMAND = /^ {4}.*127\.0\.0\.1:3000.*$/gm;

/** Writes behind each of these settings what it is on this installation, and its port into what can be copied. */
export function withValuesHere(markdown: string, settings: Settings): string {
  return markdown
    .replaceAll(NAMED, (name, setting: (typeof TOLD)[number]) => `${name} (here ${settings[setting]})`)
    .replaceAll(COMMAND, (line) => line.replaceAll('127.0.0.1:3000', `127.0.0.1:${settings.PORT}`));
}
