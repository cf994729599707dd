import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeDue } from './support/database.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { expectInvariants } from './support/invariants.js';
import { refusal } from './support/refused.js';
import { operatorOf } from './support/operator.js';
import { startService, type TestService } from './support/service.js';

/** Closing a locked order by a trade. */
let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

const TX_HASH = `0x${'AB'.repeat(32)}`;

describe('a fill', () => {
  test('of the whole order: filled, with the amounts', async () => {
    const { maker, taker, placed, id, hash } = await lockedOrder(service);
    const socket = await taker.socket();
    const answer = await taker.fill(placed, {
      taker_incentive: '400000000000000000',
      tx_hash: TX_HASH,
      block_number: 45_321_977,
      reference_id: 'T-1',
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      code: 0,
      data: {
        success: true,
        tx_hash: TX_HASH.toLowerCase(),
        order_hash: hash,
        filled_quantity: '100',
        filled_amount: '18250000000000000000000',
        fee_amount: '0',
        incentive_amount: '400000000000000000',
        status: 'filled',
      },
    });
    const sql = 'SELECT tx_hash, block_number, reference_id FROM fills WHERE order_id = $1';
    expect(await service.dataSource.query(sql, [id])).toEqual([
      { tx_hash: TX_HASH.toLowerCase(), block_number: '45321977', reference_id: 'T-1' },
    ]);
    expect(await maker.order(id)).toMatchObject({
      status: 'filled',
      filled_quantity: '100',
      cancellation: null,
    });
    const change = await socket.hear(({ data }) => data?.to_status === 'filled');
    expect(change.data).toMatchObject({ from_status: 'locked', taker: taker.address, order_hash: hash });
    await socket.close();
  });

  test('of a part: partially_filled, which is final', async () => {
    const { maker, taker, placed, id, hash } = await lockedOrder(service);
    const answer = succeeded(await taker.fill(placed, { fill_quantity: '40' }), 200);
    expect(answer.body.data).toMatchObject({
      tx_hash: null,
      filled_quantity: '40',
      status: 'partially_filled',
    });
    expect(await maker.order(id)).toMatchObject({ status: 'partially_filled', filled_quantity: '40' });
    expect(await taker.lock(hash)).toMatchObject({ status: 409, body: { code: 409005 } });
    expect(await maker.cancel(id)).toMatchObject({ status: 409, body: { code: 409005 } });
  });

  test.each(['requested', 'timed_out'])(
    'while a request is %s: it counts, and the request is rejected',
    async (open) => {
      const { maker, taker, placed, id, hash } = await askedOrder(service);
      if (open === 'timed_out') await makeDue(service.dataSource, hash, 'request');
      const socket = await maker.socket();
      succeeded(await taker.fill(placed), 200);
      expect(await maker.order(id)).toMatchObject({
        status: 'filled',
        cancellation: { status: 'rejected', resolved_by: 'fill', late: false, message: null },
      });
      const update = await socket.hear(({ data }) => data.status === 'rejected');
      expect(update.data).toMatchObject({ order_hash: hash, resolved_by: 'fill' });
      await socket.close();
    },
  );

  test('sent twice: the same answer, and it counts once', async () => {
    const { taker, placed } = await lockedOrder(service);
    const first = succeeded(await taker.fill(placed, { fill_quantity: '40' }), 200);
    expect((await taker.fill(placed, { fill_quantity: '40' })).body).toEqual(first.body);
  });
});

describe('is refused', () => {
  test('when another fill was recorded: 409001, details name the status', async () => {
    const { taker, placed } = await lockedOrder(service);
    succeeded(await taker.fill(placed, { fill_quantity: '40' }), 200);
    for (const other of [{ fill_quantity: '60' }, { fill_quantity: '40', taker_incentive: '1' }]) {
      expect(await taker.fill(placed, other)).toMatchObject(
        refusal(409, 409001, 'Order not locked', 'the order is not locked; its status is partially_filled'),
      );
    }
  });

  test('above the quantity: 409007', async () => {
    const { taker, placed } = await lockedOrder(service);
    expect(await taker.fill(placed, { fill_quantity: '101' })).toMatchObject(
      refusal(
        409,
        409007,
        'Quantity exceeds remaining',
        'fill_quantity 101 is above the remaining quantity, 100',
      ),
    );
  });

  test('past the deadline: 409008, while it is locked and after it expired', async () => {
    const maker = await service.newMaker();
    const taker = await service.newTaker();
    const { placed, hash } = await lockedOrder(service, { maker, taker });
    await makeDue(service.dataSource, hash, 'deadline');
    const expired = refusal(409, 409008, 'Order expired', expect.stringContaining('deadline'));
    expect(await taker.fill(placed)).toMatchObject(expired);
    succeeded(await taker.unlock(hash), 200);
    expect(await taker.fill(placed)).toMatchObject(expired);
  });

  test('when another taker holds the order: 403002; nobody: 409001', async () => {
    const { taker, placed, hash } = await lockedOrder(service);
    const other = await service.newTaker();
    expect(await other.fill(placed)).toMatchObject(
      refusal(403, 403002, 'Order locked by another taker', 'another holds the lock of this order'),
    );
    succeeded(await taker.unlock(hash), 200);
    expect(await taker.fill(placed)).toMatchObject(
      refusal(409, 409001, 'Order not locked', 'the order is not locked; its status is pending'),
    );
  });

  test('of an order that nobody placed: 404001', async () => {
    const [maker, taker] = [await service.newMaker(), await service.newTaker()];
    const terms = maker.terms();
    const placed = Object.assign(terms, { signature: await maker.sign(terms) });
    const answer = await taker.fill(placed);
    expect(answer).toMatchObject(
      refusal(404, 404001, 'Order not found', expect.stringContaining(maker.hash(terms))),
    );
  });

  test('of a suspended order: 409009', async () => {
    const { taker, placed, hash } = await lockedOrder(service);
    await operatorOf(service).suspend(hash);
    expect(await taker.fill(placed)).toMatchObject(
      refusal(409, 409009, 'Order suspended', expect.stringContaining('suspended')),
    );
    await operatorOf(service).resume(hash);
    succeeded(await taker.fill(placed), 200);
  });

  test.each([
    ['fill_quantity of 0', { fill_quantity: '0' }, 'fill_quantity must be a whole number from 1 to 2^256-1'],
    ['fill_quantity as a number', { fill_quantity: 1 }, 'fill_quantity must be a whole number from 1'],
    ['no taker_incentive', { taker_incentive: undefined }, 'taker_incentive is required'],
    [
      'a taker_incentive above the order’s',
      { taker_incentive: '500000000000000001' },
      "above the order's incentive",
    ],
    ['a short tx_hash', { tx_hash: '0x12' }, 'tx_hash must be 0x and 64 hex digits'],
    ['a negative block_number', { block_number: -1 }, 'block_number must be a whole number from 0'],
    ['an empty reference_id', { reference_id: '' }, 'reference_id must be a string of 1 to 200 characters'],
    [
      'a foreign signature',
      { signature: `0x${'11'.repeat(64)}1b` },
      "signature must be order.maker's EIP-712",
    ],
    ['an unknown field', { price: '1' }, 'price is not a known field'],
  ])('with %s: 400001, and nothing changes', async (_, change, details) => {
    const { maker, taker, placed, id } = await lockedOrder(service);
    const { signature = placed.signature, ...rest } = change as { signature?: string };
    expect(await taker.fill(Object.assign(placed, { signature }), rest)).toMatchObject(
      refusal(400, 400001, 'Invalid parameter', expect.stringContaining(details)),
    );
    expect(await maker.order(id)).toMatchObject({ status: 'locked', filled_quantity: '0' });
  });

  test('when price times quantity is no uint256, of an order that was placed before that was refused: 400001', async () => {
    const { taker, hash, placed } = await lockedOrder(service);
    await service.dataSource.query('UPDATE orders SET price = 2::numeric ^ 255 WHERE order_hash = $1', [
      hash,
    ]);
    expect(await taker.fill(placed)).toMatchObject(
      refusal(400, 400001, 'Invalid parameter', 'fill_quantity times the price must not be above 2^256-1'),
    );
  });
});
