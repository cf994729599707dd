import { InvalidArgumentError } from 'commander';

export function orderHash(text: string): string {
  if (!/^0x[0-9a-f]{64}$/i.test(text)) {
    throw new InvalidArgumentError('It must be an order hash: 0x and 64 hex digits.');
  }
  return text.toLowerCase();
}

export function address(text: string): string {
  if (!/^0x[0-9a-f]{40}$/i.test(text)) throw new InvalidArgumentError('It must be 0x and 40 hex digits.');
  return text.toLowerCase();
}

export function messageId(text: string): string {
  if (!/^[0-9a-f]{32}$/.test(text)) {
    throw new InvalidArgumentError('It must be the id of a message: 32 lower-case hex digits.');
  }
  return text;
}

const MESSAGE_TYPES = ['order_status_change', 'cancellation_request', 'order_book_change'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

export function messageTypes(text: string): MessageType[] {
  const types = text.split(',').map((given) => MESSAGE_TYPES.find((known) => known === given));
  if (types.includes(undefined)) {
    throw new InvalidArgumentError(`It must be a comma-separated list of ${MESSAGE_TYPES.join(', ')}.`);
  }
  return types as MessageType[];
}

/** Whole seconds, up to a maximum. */
export function seconds(max: number): (text: string) => number {
  return (text) => {
    if (!/^\d{1,5}$/.test(text) || Number(text) > max) {
      throw new InvalidArgumentError(`It must be whole seconds, from 0 to ${max}.`);
    }
    return Number(text);
  };
}
