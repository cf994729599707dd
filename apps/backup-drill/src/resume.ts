import { isDeepStrictEqual } from 'node:util';
import { connectMaker, createTaker, readConfig, settlementOf, type TakerMessage, timeLimit } from '#client';
import { LaunchError } from '#config';
import { type PushMessage, TAKER_MESSAGE_TYPES } from '#events';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { Tell } from './steps.js';

/** For all that was missed, and for an order that is placed then. */
const PATIENCE_MS = 120_000;
const SPARE_VALIDITY_S = 3_600;
/** Of a taker that locks nothing. */
const NO_ADDRESS = `0x${'0'.repeat(40)}`;

export interface Resumption {
  url: string;
  apiKey: string;
  after: string | undefined;
  /** What was missed since then. */
  messages: PushMessage[];
  /** The ids of the requests that are open. */
  openRequests: string[];
  signal: AbortSignal;
}

/** A taker comes back, is told what it has missed and asked what is open, and hears of what happens then. */
export async function resume(resumption: Resumption, tell: Tell): Promise<void> {
  const heard = await hearUntilLive(resumption);
  const replayed = heard.filter((message) => !isRedelivered(message));
  const again = heard.filter(isRedelivered).map(({ data }) => data.metadata.request_id);
  const { messages, openRequests } = resumption;
  const byId = new Map(replayed.map((message) => [message.id, message]));
  const lost = messages.filter((message) => !isDeepStrictEqual(byId.get(message.id), asFrame(message)));
  if (lost.length > 0) {
    throw new LaunchError(
      `the taker did not hear ${lost.length} of the ${messages.length} messages that it missed as they were, such as ${lost[0]!.id}`,
    );
  }
  if (replayed.some(({ id }, index) => index > 0 && id <= replayed[index - 1]!.id)) {
    throw new LaunchError('the taker did not hear in order what it missed');
  }
  if (!isDeepStrictEqual(again.toSorted(), openRequests.toSorted())) {
    throw new LaunchError(`of ${openRequests.length} open requests, ${again.length} were pushed once more`);
  }
  tell(
    `a taker heard what it missed (${messages.length} messages), what is open once more (${again.length}), and a new order`,
  );
}

/** All that the taker's socket brings, up to an order that is placed once it is open. */
async function hearUntilLive({ url, apiKey, after, signal }: Resumption): Promise<TakerMessage[]> {
  const wallet = privateKeyToAccount(generatePrivateKey());
  const limit = timeLimit(PATIENCE_MS);
  const ends = AbortSignal.any([signal, limit]);
  const heard: TakerMessage[] = [];
  const { promise, resolve, reject } = withResolvers();
  ends.addEventListener('abort', () =>
    reject(signal.aborted ? signal.reason : new LaunchError('a new order was not pushed in time')),
  );
  const session = await createTaker({ url, apiKey, address: NO_ADDRESS }).watch({
    ...(after !== undefined && { after }),
    types: TAKER_MESSAGE_TYPES,
    onMessage: (message) => {
      heard.push(message);
      if (message.type === 'order_book_change' && message.data.maker === wallet.address.toLowerCase())
        resolve();
    },
    onResync: () => reject(new LaunchError('the restored log does not know an id of before the dump')),
    onProblem: (problem) => reject(new LaunchError(`the taker's line failed: ${(problem as Error).message}`)),
    signal: ends,
  });
  try {
    await placeOrder(url, wallet);
    await promise;
    return heard;
  } finally {
    await session.close();
  }
}

/** By a maker whom nobody knew before. */
async function placeOrder(url: string, account: ReturnType<typeof privateKeyToAccount>): Promise<void> {
  const config = await readConfig({ url });
  const maker = await connectMaker({ url, account, ...settlementOf(config) });
  await maker.place({
    is_buy: true,
    ticker: 'DRILL',
    quantity: '1',
    price: '1000000000000000000',
    incentive: '0',
    asset: '0x55d398326f99059ff775485246999027b3197955',
    deadline: Math.floor(Date.now() / 1000) + config.order_min_validity_seconds + SPARE_VALIDITY_S,
  });
}

const isRedelivered = (
  message: TakerMessage,
): message is Extract<TakerMessage, { type: 'cancellation_request' }> =>
  message.type === 'cancellation_request' && message.data.metadata.redelivered;

/** As it comes on the wire. */
const asFrame = (message: PushMessage): unknown => JSON.parse(JSON.stringify(message));

function withResolvers() {
  let resolve!: () => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<void>((whenDone, whenFailed) => {
    [resolve, reject] = [whenDone, whenFailed];
  });
  promise.catch(() => {}); // also while nobody waits for it
  return { promise, resolve, reject };
}
