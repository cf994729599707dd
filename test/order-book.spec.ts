import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { OrderWriter } from '#trading';
import type { MakerClient, TakerClient } from './support/clients.js';
import { type DueTime, makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { type Operator, operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';
import { Socket } from './support/socket.js';
import { until } from './support/until.js';

/** `order_book_change`: whoever does it, every change into or out of `pending` is told to every taker that asks for it. */
jest.setTimeout(300_000);
const STEPS = Number(process.env.BOOK_STEPS ?? 1_000);
/** Placed in all: few enough for one page of `available`. */
const MAX_ORDERS = 200;
const BOOK = 'order_book_change';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

// oxlint-disable-next-line typescript/no-explicit-any -- messages are compared literally
type Message = any;

/** A book of pending orders that is kept from pushes. */
class Book {
  private readonly pending = new Set<string>();

  hear({ type, data }: Message): void {
    if (type !== BOOK) return;
    if (data.to_status === 'pending') this.pending.add(data.order_hash);
    else this.pending.delete(data.order_hash);
  }

  get hashes(): string[] {
    return [...this.pending].toSorted();
  }
}

async function available(taker: TakerClient): Promise<string[]> {
  const { body } = succeeded(await taker.call('GET', '/orders/available'), 200);
  return body.data.map(({ order_hash }: { order_hash: string }) => order_hash).toSorted();
}

const about = (socket: Socket, hash: string): Message[] =>
  socket.messages.filter(({ data }) => data?.order_hash === hash);

test('a change of the book is told without who, also to those whom it does not concern', async () => {
  const [holder, bystander] = [await service.newTaker(), await service.newTaker()];
  const socket = await bystander.socket(BOOK);
  const { maker, hash } = await askedOrder(service, { taker: holder });
  succeeded(await holder.answer(hash, false), 200);
  await makeDue(service.dataSource, hash, 'lock');
  await service.app.get(OrderWriter).settle({ order_hash: hash });
  succeeded(await maker.cancel(hash), 200);
  await socket.hear(({ data }) => data.to_status === 'cancelled');
  const change = (from_status: string | null, to_status: string) => ({
    type: BOOK,
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    timestamp: expect.stringMatching(/Z$/),
    data: { order_hash: hash, maker: maker.address, from_status, to_status },
  });
  expect(socket.messages).toEqual([
    change(null, 'pending'),
    change('pending', 'locked'),
    change('locked', 'pending'),
    change('pending', 'cancelled'),
  ]);
  expect(JSON.stringify(socket.messages)).not.toContain(holder.address.slice(2));
  await socket.close();
});

test('who asks for its own changes too hears both, each once, and goes on after any of them', async () => {
  const taker = await service.newTaker();
  const both = `order_status_change,${BOOK}`;
  const socket = await taker.socket(both);
  const { hash } = await lockedOrder(service, { taker });
  succeeded(await taker.unlock(hash), 200);
  await until(() => about(socket, hash).length === 6, 'three changes, each told twice');
  const heard = about(socket, hash);
  expect(heard.map(({ type, data }) => `${type} ${data.to_status}`)).toEqual(
    ['pending', 'locked', 'pending'].flatMap((to) => [`order_status_change ${to}`, `${BOOK} ${to}`]),
  );
  const ids = heard.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].toSorted());
  for (const [index, { id: after }] of heard.entries()) {
    const back = await taker.socket(both, { after });
    const { hash: marker } = await lockedOrder(service, { taker });
    await until(() => about(back, marker).length === 4, 'what comes live');
    expect(about(back, hash)).toEqual(heard.slice(index + 1));
    await back.close();
  }
  await socket.close();
});

/** Makers, takers, time and the operator at random orders. */
class Market {
  private readonly orders: string[] = [];

  constructor(
    private readonly makers: MakerClient[],
    private readonly takers: TakerClient[],
    private readonly operator: Operator,
  ) {}

  /** What a step is refused for does not matter here. */
  async step(): Promise<void> {
    const kind = randomInt(12);
    if (this.orders.length < 5 || (kind === 0 && this.orders.length < MAX_ORDERS)) return this.place();
    const hash = this.orders[randomInt(this.orders.length)]!;
    const taker = any(this.takers);
    if (kind < 5) await taker.lock(hash);
    else if (kind < 8) await taker.unlock(hash);
    else if (kind === 8) await Promise.all(this.makers.map((maker) => maker.cancel(hash)));
    else if (kind === 9) await taker.answer(hash, randomInt(2) === 0);
    else if (kind === 10) await this.passTime(hash);
    else await this.operate(hash);
  }

  private async place(): Promise<void> {
    const { order_hash } = await any(this.makers).place();
    this.orders.push(order_hash);
  }

  private async passTime(hash: string): Promise<void> {
    const what = any<DueTime>(['lock', 'lock', 'lock', 'deadline']);
    await makeDue(service.dataSource, hash, what).catch(() => {});
    await service.app.get(OrderWriter).settle({ order_hash: hash });
  }

  private async operate(hash: string): Promise<void> {
    const step = any<keyof Operator>(['suspend', 'suspend', 'resume', 'resume', 'resume', 'cancel']);
    await this.operator[step](hash).catch(() => {});
  }
}

function any<T>(choices: T[]): T {
  return choices[randomInt(choices.length)]!;
}

test(`a book kept from these changes alone equals the available orders after ${STEPS} random steps`, async () => {
  const [taker, other, reader] = [
    await service.newTaker(),
    await service.newTaker(),
    await service.newTaker(),
  ];
  for (const hash of await available(reader)) succeeded(await other.lock(hash), 200);
  const market = new Market(
    [await service.newMaker(), await service.newMaker()],
    [taker, other],
    operatorOf(service),
  );
  const [steady, resumed] = [new Book(), new Book()];
  const socket = await reader.socket(BOOK);
  socket.ws.on('message', (data: Buffer) => steady.hear(JSON.parse(data.toString())));
  let interrupted = await taker.socket(BOOK);
  let lastId: string | undefined;
  const take = (): void => {
    for (const message of interrupted.messages.splice(0)) {
      resumed.hear(message);
      lastId = message.id;
    }
  };
  for (let step = 0; step < STEPS; step += 1) {
    await market.step();
    if (step % 50 !== 49) continue;
    await until(() => interrupted.messages.length > 0, 'a change');
    await interrupted.close();
    take();
    await market.step();
    interrupted = await taker.socket(BOOK, { after: lastId! });
  }
  const truth = await available(reader);
  expect(truth.length).toBeGreaterThan(0);
  const equals = (book: Book) => book.hashes.join() === truth.join();
  await until(() => equals(steady), 'the book of the socket that stayed').catch(() => {});
  expect(steady.hashes).toEqual(truth);
  await until(() => (take(), equals(resumed)), 'the book of the one that came and went').catch(() => {});
  expect(resumed.hashes).toEqual(truth);
  await Promise.all([socket.close(), interrupted.close()]);
});
