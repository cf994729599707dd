import { isAddressEqual, recoverTypedDataAddress, type Address } from 'viem';
import { orderTypedData } from '#client';
import { settlement, SigningMakers } from './signed-orders.js';

/** What order creation is measured against: viem checks signatures of orders, and nothing else. Prints how many a second. */
const SECONDS = Number(process.argv[2]);
const WARM_UP_SECONDS = Number(process.argv[3]);
const SIGNED = 200;

const orders = await new SigningMakers(20).sign(SIGNED);

async function verifyFor(seconds: number): Promise<number> {
  const began = performance.now();
  let verified = 0;
  while (performance.now() - began < seconds * 1000) {
    const { order, signature } = orders[verified % SIGNED]!;
    const signer = await recoverTypedDataAddress({ ...orderTypedData(settlement, order), signature });
    if (!isAddressEqual(signer, order.maker as Address)) throw new Error('the signature is not found right');
    verified += 1;
  }
  return verified / ((performance.now() - began) / 1000);
}

await verifyFor(WARM_UP_SECONDS);
process.stdout.write(`${await verifyFor(SECONDS)}\n`);
