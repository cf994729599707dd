import { connectMaker, createTaker, LockstepError, readConfig, settlementOf } from '@lockstep-desk/client';

/** A maker and a taker of the packed client, in whatever runs this: as an ES module, and compiled to CommonJS. */
async function shakeHands(url: string, apiKey: string, apiSecret: string, address: string): Promise<void> {
  // viem's types are those of an ES module alone, which CommonJS can only import so
  const { generatePrivateKey, privateKeyToAccount } = await import('viem/accounts');
  const account = privateKeyToAccount(generatePrivateKey());
  const maker = await connectMaker({ url, account, ...settlementOf(await readConfig({ url })) });
  const taker = createTaker({ url, apiKey, apiSecret, address });
  const told: string[] = [];
  const answering = await taker.listen({
    onCancellationRequest: ({ reason }) => ({ cancel: true, message: `Not traded yet: ${reason}` }),
    onOrderStatusChange: async ({ maker: who, order_hash, to_status }) => {
      if (who === maker.address && to_status === 'pending') await taker.lock({ order_hash });
    },
  });
  const asking = await maker.listen({
    onOrderStatusChange: async ({ order_hash, to_status }) => {
      told.push(to_status);
      if (to_status === 'locked') await maker.cancel(order_hash, { reason: 'Second thoughts' });
      if (to_status === 'cancelled') await asking.close();
    },
    onCancellationUpdate: ({ status, message }) => told.push(`${status} ${message}`),
  });
  await maker.place({
    is_buy: true,
    ticker: 'AAPL',
    quantity: '100',
    price: '182500000000000000000',
    incentive: '500000000000000000',
    asset: '0x55d398326f99059ff775485246999027b3197955',
    deadline: Math.floor(Date.now() / 1000) + 31 * 24 * 3600,
  });
  await asking.ended;
  await answering.close();
  const stranger = createTaker({ url, apiKey: 'lk_none', address });
  const refusal: unknown = await stranger.watch({ onMessage: () => {} }).catch((error: unknown) => error);
  console.log(
    JSON.stringify({ told: told.toSorted(), refused: refusal instanceof LockstepError && refusal.code }),
  );
}

const [url, apiKey, apiSecret, address] = process.argv.slice(2) as [string, string, string, string];
void shakeHands(url, apiKey, apiSecret, address);
