import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { MESSAGE } from './statement.js';

/** The orders that are asked about, and who asks and answers. */
export interface PushPlan {
  url: string;
  perSecond: number;
  takers: { address: string; apiKey: string }[];
  orders: { id: string; order_hash: string; token: string }[];
}

/**
 * Makers and takers in one process, so that one clock sees both ends: makers cancel locked orders on time, takers hear of
 * it on their sockets, and answer. Reads its plan from standard input; prints the milliseconds from each cancel's call to
 * its frame.
 */
const plan = JSON.parse(readFileSync(0, 'utf8')) as PushPlan;
const LOCKING_AT_ONCE = 16;
/** For the last frame to come. */
const TIMEOUT_MS = 10_000;

const calledAt = new Map<string, number>();
const milliseconds: number[] = [];
const answers: Promise<void>[] = [];

async function call(path: string, headers: Record<string, string>, body: object): Promise<void> {
  const response = await fetch(plan.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok || !text.startsWith('{"code":0')) throw new Error(`${path}: ${response.status} ${text}`);
}

async function listen({ address, apiKey }: PushPlan['takers'][number]): Promise<WebSocket> {
  const url = `${plan.url.replace('http', 'ws')}/ws/taker/v1?types=cancellation_request`;
  const socket = new WebSocket(url, { headers: { 'x-api-key': apiKey }, perMessageDeflate: false });
  socket.on('message', (frame: Buffer) => {
    const now = performance.now();
    const { type, data } = JSON.parse(frame.toString());
    // requests that were open before the bench come first
    if (type !== 'cancellation_request' || !calledAt.has(data.order_hash)) return;
    milliseconds.push(now - calledAt.get(data.order_hash)!);
    calledAt.delete(data.order_hash);
    const answer = { order_hash: data.order_hash, taker_address: address, cancellation_success: true };
    const sent = call(
      '/api/v1/orders/cancel-result',
      { 'x-api-key': apiKey },
      { ...answer, message: MESSAGE },
    );
    answers.push(sent);
  });
  await once(socket, 'open');
  return socket;
}

async function lockAll(): Promise<void> {
  let next = 0;
  const lock = async (): Promise<void> => {
    while (next < plan.orders.length) {
      const { address, apiKey } = plan.takers[next % plan.takers.length]!;
      const { order_hash } = plan.orders[next++]!;
      await call('/api/v1/orders/lock', { 'x-api-key': apiKey }, { order_hash, taker_address: address });
    }
  };
  await Promise.all(Array.from({ length: LOCKING_AT_ONCE }, lock));
}

async function cancelAll(): Promise<void> {
  const began = performance.now();
  const cancels = plan.orders.map(async ({ id, order_hash, token }, index) => {
    await delay(Math.max(0, began + (index * 1000) / plan.perSecond - performance.now()));
    calledAt.set(order_hash, performance.now());
    await call(`/api/v1/orders/${id}/cancel`, { authorization: `Bearer ${token}` }, {});
  });
  await Promise.all(cancels);
}

const sockets = await Promise.all(plan.takers.map(listen));
await lockAll();
await cancelAll();
const latest = performance.now() + TIMEOUT_MS;
while (milliseconds.length < plan.orders.length && performance.now() < latest) await delay(10);
await Promise.all(answers);
for (const socket of sockets) socket.terminate();
if (milliseconds.length < plan.orders.length) {
  throw new Error(`${milliseconds.length} frames to ${plan.orders.length} cancels`);
}
process.stdout.write(JSON.stringify(milliseconds));
