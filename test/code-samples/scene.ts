import { randomUUID } from 'node:crypto';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { EXAMPLES } from '../../src/http/json/fields.js';
import type { MakerClient, TakerClient } from '../support/clients.js';
import { type Participants, succeeded } from '../support/handshake.js';
import { LOGIN_MESSAGE, type SampledOperation } from './samples.js';

/** By example: what takes its place. */
export type RealValues = Record<string, string>;

/** What a sample finds when it runs: values in the place of the document's examples, and an order in the state that its call needs. */
export interface Scene {
  values: RealValues;
  /** The order's maker. */
  maker: string;
}

/** Those who make the calls of one language. */
export interface Callers {
  taker: TakerClient;
  maker: MakerClient;
}

const SIGNED_ONLY = new Set(['placeOrder', 'validateOrder']);
const LOCKED = new Set(['unlockOrder', 'rejectOrder', 'fillOrder', 'cancelOrder']);
const ASKED = new Set(['answerCancellation', 'listCancellationRequests']);

/** What has become of the order after a call, and of the request to cancel it. */
export const OUTCOMES: Record<string, [order: string, request?: string]> = {
  placeOrder: ['pending'],
  lockOrder: ['locked'],
  unlockOrder: ['pending'],
  rejectOrder: ['rejected'],
  fillOrder: ['filled'],
  answerCancellation: ['cancelled', 'accepted'],
  cancelOrder: ['locked', 'requested'],
  deleteOrder: ['cancelled'],
};

/** @param number of the call among all: a nonce that no other of the maker's orders has */
export async function sceneOf(
  { operationId, isOfMaker }: SampledOperation,
  number: number,
  service: Participants,
  { taker, maker }: Callers,
): Promise<Scene> {
  if (operationId === 'connectWallet') return { values: await loginValues(), maker: maker.address };
  const owner = isOfMaker ? maker : await service.newMaker();
  const isExample = !isOfMaker || operationId === 'placeOrder';
  const terms = owner.terms({
    asset: EXAMPLES.asset,
    deadline: 4_102_444_800,
    nonce: isExample ? 0 : number,
  });
  const values: RealValues = {
    [EXAMPLES.taker]: taker.address,
    [EXAMPLES.maker]: owner.address,
    [EXAMPLES.hash]: owner.hash(terms),
    [EXAMPLES.signature]: await owner.sign(terms),
  };
  if (SIGNED_ONLY.has(operationId)) return { values, maker: owner.address };
  const { id, order_hash } = await owner.place(terms);
  const isAsked = ASKED.has(operationId);
  if (isAsked || LOCKED.has(operationId)) succeeded(await taker.lock(order_hash), 200);
  const asked = isAsked && succeeded(await owner.cancel(id), 202).body.data.cancellation;
  return { values: { ...values, [EXAMPLES.uuid]: asked ? asked.request_id : id }, maker: owner.address };
}

/** The example login, of a wallet of its own and of now. */
async function loginValues(): Promise<RealValues> {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const values = {
    [EXAMPLES.maker]: wallet.address.toLowerCase(),
    [EXAMPLES.time]: new Date().toISOString(),
    [/Nonce: (\w+)/.exec(LOGIN_MESSAGE)![1]!]: randomUUID(),
  };
  const signature = await wallet.signMessage({ message: withValues(LOGIN_MESSAGE, values) });
  return { ...values, [EXAMPLES.loginSignature]: signature };
}

export const withValues = (text: string, values: RealValues): string =>
  Object.entries(values).reduce((filled, [example, real]) => filled.replaceAll(example, real), text);
