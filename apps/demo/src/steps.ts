import { DemoFailure } from './demo-failure.js';
import type { Maker, PlacedOrder, Wish } from './maker.js';
import type { Operator } from './operator.js';
import type { Expected } from './push-socket.js';
import type { Screen } from './screen.js';
import type { Taker } from './taker.js';

/** Who plays, and where it is seen. */
export interface Cast {
  operator: Operator;
  maker: Maker;
  taker: Taker;
  screen: Screen;
}

/** The maker places an order, and everybody hears of it. */
export async function placed(
  { maker, taker, screen }: Cast,
  wish: Wish,
  headline: string,
  trade: string,
): Promise<PlacedOrder> {
  screen.scene(headline, `Signed by the wallet: ${trade}. Every taker hears of it.`);
  const order = await maker.place(wish);
  await maker.socket.hear(order.order_hash, change(null, 'pending'));
  await taker.socket.hear(order.order_hash, change(null, 'pending'));
  return order;
}

/** The taker locks the order. */
export async function locked({ maker, taker, screen }: Cast, order: PlacedOrder): Promise<void> {
  screen.scene(
    'The taker locks it',
    "While the lock lives the order is the taker's to trade, and nobody else's.",
  );
  await taker.lock(order);
  await taker.socket.hear(order.order_hash, change('pending', 'locked'));
  await maker.socket.hear(order.order_hash, change('pending', 'locked'));
}

/** The maker asks; returns the id of the request as the taker hears it. */
export async function askedToCancel(
  { maker, taker, screen }: Cast,
  order: PlacedOrder,
  sentences: string,
): Promise<unknown> {
  screen.scene('The maker asks to cancel', sentences);
  const { cancellation } = await maker.cancel<{ cancellation: { request_id: string } }>(order, 202);
  const [push] = await taker.socket.hear(order.order_hash, { type: 'cancellation_request', data: {} });
  const { request_id } = push!.data.metadata as { request_id: string };
  if (request_id !== cancellation.request_id)
    throw new DemoFailure('The taker was pushed another request than the one that the maker was told of.');
  await maker.socket.hear(order.order_hash, update({ request_id, status: 'requested' }));
  return request_id;
}

/** The maker looks the order up and finds it in this status. */
export async function standsAt({ maker }: Cast, order: PlacedOrder, status: string): Promise<void> {
  const now = await maker.look(order);
  if (now.status !== status)
    throw new DemoFailure(`The order is ${now.status} where ${status} was expected.`);
}

/** The statuses that the maker has heard of, one after the other. */
export function showCourse({ maker, screen }: Cast, order: PlacedOrder): void {
  const heard = maker.socket.heard.filter(({ data }) => data.order_hash === order.order_hash);
  const course = (type: string, field: string): string[] =>
    heard.filter((message) => message.type === type).map(({ data }) => String(data[field]));
  screen.courses({
    order: course('order_status_change', 'to_status'),
    request: course('cancellation_update', 'status'),
  });
}

/** The push of a status change. */
export const change = (from_status: string | null, to_status: string): Expected => ({
  type: 'order_status_change',
  data: { from_status, to_status },
});

/** The push of how a cancellation request goes on. */
export const update = (data: Record<string, unknown>): Expected => ({ type: 'cancellation_update', data });
