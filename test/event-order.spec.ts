import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { besideTransaction, writeEvent } from './support/other-transaction.js';
import { startService, type TestService } from './support/service.js';

/** Transactions commit in another order than they draw their numbers; the push must not lose the late ones. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('an event that commits late is pushed, and before those that drew their numbers after it', async () => {
  const maker = await service.newMaker();
  const socket = await maker.socket();
  const early = await maker.place();
  await socket.hearAbout('order_status_change', early.order_hash);

  const others = await besideTransaction(service.dataSource, async (late) => {
    await writeEvent(late, early.id);
    return [await maker.place(), await maker.place(), await maker.place()];
  });

  await socket.hearAbout('order_status_change', others[2]!.order_hash);
  const heard = socket.messages.map(({ data }) => data.order_hash);
  expect(heard).toEqual([early, early, ...others].map(({ order_hash }) => order_hash));
  const ids = socket.messages.map(({ id }) => id);
  expect(ids).toEqual(ids.toSorted());
});
