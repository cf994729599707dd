import type { Answer } from './http.js';
import type { MakerClient, PlacedOrder, TakerClient } from './clients.js';

/** Whatever serves makers and takers, in this process or in another. */
export interface Participants {
  newTaker(): Promise<TakerClient>;
  newMaker(): Promise<MakerClient>;
}

/** A maker's order that a taker holds locked. */
export interface LockedOrder {
  maker: MakerClient;
  taker: TakerClient;
  id: string;
  hash: string;
  placed: PlacedOrder;
}

/** The same with an open cancellation request. */
export interface AskedOrder extends LockedOrder {
  requestId: string;
}

export async function lockedOrder(
  service: Participants,
  { taker, maker, lockDuration }: { taker?: TakerClient; maker?: MakerClient; lockDuration?: number } = {},
): Promise<LockedOrder> {
  const owner = maker ?? (await service.newMaker());
  const holder = taker ?? (await service.newTaker());
  const order = await owner.place();
  succeeded(await holder.lock(order.order_hash, lockDuration ? { lock_duration: lockDuration } : {}), 200);
  return { maker: owner, taker: holder, id: order.id, hash: order.order_hash, placed: order.placed };
}

export async function askedOrder(
  service: Participants,
  options?: Parameters<typeof lockedOrder>[1],
): Promise<AskedOrder> {
  const order = await lockedOrder(service, options);
  const answer = succeeded(await order.maker.cancel(order.id), 202);
  return { ...order, requestId: answer.body.data.cancellation.request_id };
}

/** For steps that lead up to what a test is about. */
export function succeeded(answer: Answer, status: number): Answer {
  if (answer.status !== status)
    throw new Error(`${answer.status}, not ${status}: ${JSON.stringify(answer.body)}`);
  return answer;
}
