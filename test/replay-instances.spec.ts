import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ExternalService } from './support/external-service.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import type { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** Replay across restarts and instances: an id is worth the same everywhere, and nothing is kept in a process. */
const PATIENCE_MS = 120_000;
let service: ExternalService;
beforeAll(async () => {
  service = await ExternalService.prepare();
});
afterAll(() => service.drop());

const closed = (socket: Socket) => until(() => socket.closeCode !== undefined, 'the socket to be cut');

test(
  'what is missed by kill -9 comes again after the restart, and on another instance',
  async () => {
    const port = String(await freePort());
    const [first, second] = await Promise.all([service.start(), service.start({ PORT: port })]);
    const elsewhere = { url: `http://127.0.0.1:${port}` };
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const witness = await taker.socket(undefined, elsewhere);
    const left = await taker.socket();
    const early = await lockedOrder(service, { maker, taker });
    const isEarly: Parameters<Socket['hear']>[0] = ({ data }) =>
      data?.order_hash === early.hash && data.to_status === 'locked';
    await left.hear(isEarly);
    await witness.hear(isEarly);

    await first.stop('SIGKILL');
    await closed(left);
    const restarted = await service.start();
    const { hash } = await askedOrder(service, { maker, taker }); // nobody of the taker is connected here
    succeeded(await taker.answer(hash, true), 200);
    await restarted.stop('SIGKILL');
    const again = await service.start();
    const marker = await maker.place();
    await witness.hearAbout('order_status_change', marker.order_hash);

    const after = left.events.at(-1).id;
    for (const back of [
      await taker.socket(undefined, { after }),
      await taker.socket(undefined, { after, ...elsewhere }),
    ]) {
      await back.hearAbout('order_status_change', marker.order_hash);
      expect([...left.events, ...back.events]).toEqual(witness.events);
      await back.close();
    }
    await witness.close();
    expect(await Promise.all([again.stop(), second.stop()])).toEqual([0, 0]);
  },
  PATIENCE_MS,
);
