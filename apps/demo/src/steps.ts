import type { OrderView } from '#client';
import { DemoFailure } from './demo-failure.js';
import type { Expected } from './mailbox.js';
import type { Maker, Question, Wish } from './maker.js';
import type { Operator } from './operator.js';
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
): Promise<OrderView> {
  screen.scene(headline, `Signed by the wallet: ${trade}. Every taker hears of it.`);
  const order = await maker.place(wish);
  await maker.mail.hear(order.order_hash, change(null, 'pending'));
  await taker.mail.hear(order.order_hash, change(null, 'pending'));
  return order;
}

/** The taker locks the order. */
export async function locked({ maker, taker, screen }: Cast, order: OrderView): Promise<void> {
  screen.scene(
    'The taker locks it',
    "While the lock lives the order is the taker's to trade, and nobody else's.",
  );
  await taker.lock(order);
  await taker.mail.hear(order.order_hash, change('pending', 'locked'));
  await maker.mail.hear(order.order_hash, change('pending', 'locked'));
}

/** The maker asks, and the taker hears of it. */
export async function askedToCancel(
  { maker, taker, screen }: Cast,
  order: OrderView,
  sentences: string,
): Promise<Question> {
  screen.scene('The maker asks to cancel', sentences);
  const question = await maker.askToCancel(order);
  const request_id = question.requestId;
  const [push] = await taker.mail.hear(order.order_hash, { type: 'cancellation_request', data: {} });
  if (push?.type !== 'cancellation_request' || push.data.metadata.request_id !== request_id)
    throw new DemoFailure('The taker was pushed another request than the one that the maker was told of.');
  await maker.mail.hear(order.order_hash, update({ request_id, status: 'requested' }));
  return question;
}

/** The maker looks the order up and finds it in this status. */
export async function standsAt({ maker }: Cast, order: OrderView, status: string): Promise<void> {
  const now = await maker.look(order);
  if (now.status !== status)
    throw new DemoFailure(`The order is ${now.status} where ${status} was expected.`);
}

/** The statuses that the maker has heard of, one after the other. */
export function showCourse({ maker, screen }: Cast, order: OrderView): void {
  const heard = maker.mail.heard.filter(({ data }) => data.order_hash === order.order_hash);
  screen.courses({
    order: heard.flatMap((push) => (push.type === 'order_status_change' ? [push.data.to_status] : [])),
    request: heard.flatMap((push) => (push.type === 'cancellation_update' ? [push.data.status] : [])),
  });
}

/** The push of a status change. */
export const change = (from_status: string | null, to_status: string): Expected => ({
  type: 'order_status_change',
  data: { from_status, to_status },
});

/** The push of how a cancellation request goes on. */
export const update = (data: Record<string, unknown>): Expected => ({ type: 'cancellation_update', data });
