import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashOrder, orderTypedData, readConfig, settlementOf } from '#client';
import { hashDomain, hashStruct } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { startService, type TestService } from './support/service.js';

/** The vectors of docs/signing.md, held against the service and the client. */
const DOCUMENT = readFileSync('docs/signing.md', 'utf8');
const order = JSON.parse(/```json\n([^]*?)```/.exec(DOCUMENT)![1]!);
const key = /private key `(0x[0-9a-f]{64})`/.exec(DOCUMENT)![1] as `0x${string}`;
const valueOf = (step: string): string =>
  new RegExp(`^\\| ${step} +\\| \`(0x[0-9a-f]+)\``, 'm').exec(DOCUMENT)![1]!;

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

test('the service takes the signed order for what it is', async () => {
  const taker = await service.newTaker();
  const answer = await taker.call('POST', '/orders/validate', {
    json: { order, signature: valueOf('signature') },
  });
  expect(answer.body.data).toMatchObject({
    order_hash: valueOf('order hash'),
    signature_valid: true,
    not_expired: true,
  });
});

test('each step is as it is told', async () => {
  const settlement = settlementOf(await readConfig({ url: service.url }));
  const typed = orderTypedData(settlement, order);
  const EIP712Domain = [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'chainId', type: 'uint256' },
    { name: 'verifyingContract', type: 'address' },
  ];
  const steps = {
    'domain separator': hashDomain<Record<string, unknown>>({
      domain: typed.domain,
      types: { EIP712Domain },
    }),
    'struct hash': hashStruct({ data: typed.message, primaryType: 'Order', types: typed.types }),
    'order hash': hashOrder(settlement, order),
    signature: await privateKeyToAccount(key).signTypedData(typed),
  };
  expect(steps).toEqual(Object.fromEntries(Object.keys(steps).map((step) => [step, valueOf(step)])));
});
