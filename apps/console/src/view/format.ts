import type { Access } from '../model/access.js';
import type { Order } from '../model/types.js';

const PRICE_DECIMALS = 18;

/** A uint256 with 18 decimals, exactly. */
export function price(amount: string): string {
  const digits = amount.padStart(PRICE_DECIMALS + 1, '0');
  const fraction = digits.slice(-PRICE_DECIMALS).replace(/0+$/, '');
  return digits.slice(0, -PRICE_DECIMALS) + (fraction && `.${fraction}`);
}

export const short = (hash: string): string => `${hash.slice(0, 6)}…${hash.slice(-4)}`;

export function nameOf(access: Access): string {
  if (access.role === 'maker') return 'maker';
  return access.address ? `taker ${short(access.address)}` : `taker, key ${access.apiKey.slice(0, 11)}…`;
}

export const terms = ({ is_buy, quantity, ticker, price: amount }: Order): string =>
  `${is_buy ? 'Buy' : 'Sell'} ${quantity} ${ticker} at ${price(amount)}`;

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hour12: false,
});
export const clock = (time: string | number): string => CLOCK.format(new Date(time));

/** `1:05`, or `2 d 3 h` where it is far away. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1_000));
  if (seconds >= 86_400)
    return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60)];
  const rest = String(seconds % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

export const words = (name: string): string => name.replaceAll(/[_-]/g, ' ');
