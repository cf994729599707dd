import type { OrderEvent } from '../log/order-event.entity.js';

/** Somebody who is told of events: a maker, or a taker with or without every new order and every change of the book. */
export type Audience = { maker: string } | TakerAudience;

export interface TakerAudience {
  takerId: string;
  newOrders: boolean;
  book: boolean;
}

/** What a taker with these types is to be told of: by sockets and pages alike. */
export function takerAudience(takerId: string, types: ReadonlySet<string>): TakerAudience {
  return { takerId, newOrders: types.has('order_status_change'), book: types.has('order_book_change') };
}

/** Those who are told of an event, each in their own words. */
export type Circle =
  | { kind: 'maker'; maker: string }
  /** The taker that holds the order's lock at that change, or held it. */
  | { kind: 'holder'; takerId: string }
  | { kind: 'everyTaker' }
  | { kind: 'everyBook' };

/**
 * The rule of who is told of an event, in the order in which it is told. A new order is announced to every taker, and any
 * later change to its holder alone; takers that keep a book of pending orders are told besides what comes into it and leaves it.
 */
export function circlesOf(event: OrderEvent): Circle[] {
  const circles: Circle[] = [{ kind: 'maker', maker: event.maker }];
  const { type, from_status, to_status, taker_id } = event;
  if (type === 'order_status_change' && from_status === null) circles.push({ kind: 'everyTaker' });
  else if (taker_id !== null) circles.push({ kind: 'holder', takerId: taker_id });
  if (type === 'order_status_change' && (from_status === 'pending' || to_status === 'pending'))
    circles.push({ kind: 'everyBook' });
  return circles;
}

/** The same rule in SQL: which rows of `order_events` each circle is told of. */
export const ROWS_OF = {
  maker: (maker: string) => `maker = ${maker}`,
  holder: (takerId: string) => `taker_id = ${takerId}`,
  everyTaker: `type = 'order_status_change' AND from_status IS NULL`,
  /** With every new order, which comes into the book. */
  everyBook: `type = 'order_status_change' AND 'pending' IN (from_status, to_status)`,
};

/** Whether somebody is one of a circle. */
export function belongsTo(audience: Audience, circle: Circle): boolean {
  if ('maker' in audience) return circle.kind === 'maker' && circle.maker === audience.maker;
  switch (circle.kind) {
    case 'maker':
      return false;
    case 'holder':
      return circle.takerId === audience.takerId;
    case 'everyTaker':
      return audience.newOrders;
    case 'everyBook':
      return audience.book;
  }
}
