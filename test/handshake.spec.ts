import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startService, type TestService } from './support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('accepted: the order is unlocked and cancelled', async () => {
  const [maker, taker] = [await service.newMaker(), await service.newTaker()];
  const [makerSocket, takerSocket] = [await maker.socket(), await taker.socket()];
  const order = await maker.place();
  await taker.lock(order.order_hash);
  const asked = await maker.cancel(order.id);
  expect(asked.status).toBe(202);
  const push = await takerSocket.hearAbout('cancellation_request', order.order_hash);
  const answer = await taker.answer(order.order_hash, true, { request_id: push.data.metadata.request_id });
  expect(answer.status).toBe(200);
  await makerSocket.hearAbout('cancellation_update', order.order_hash);
  expect((await maker.order(order.id)).status).toBe('cancelled');
});
