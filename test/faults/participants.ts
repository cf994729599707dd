import { setTimeout as delay } from 'node:timers/promises';
import {
  type CancellationRequest,
  type CancellationUpdate,
  connectMaker,
  createTaker,
  LockstepError,
  type Maker,
  type OrderStatusChange,
  type OrderTerms,
  type Session,
  type Taker,
  type Verdict,
} from '#client';
import type { Settings } from '#config';
import { messagesFor, type OrderEvent, type PushMessage } from '#events';
import { ApiKeysService, TakersService } from '#trading';
import type { DataSource } from 'typeorm';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { until } from '../support/until.js';
import { type Ledger, settled } from './ledger.js';
import { type Testimony, Witness } from './witness.js';

const THIRTY_ONE_DAYS_S = 31 * 24 * 3600;
/** Until a handshake's end is heard, whatever happens. */
const PATIENCE_MS = 60_000;

/** What a session of the client library has told its listeners. */
export interface Heard {
  type: PushMessage['type'] | 'resync';
  data: object;
  /** When, Unix ms. */
  at: number;
}

/** Somebody who hears of events: with a session of the client library on one instance, and a plain socket on each. */
export interface Participant<Socket extends Testimony = Witness> {
  readonly name: string;
  readonly heard: Heard[];
  readonly session: Session;
  readonly witnesses: readonly Socket[];
  /** What it is to be told of an event; nothing when it does not concern it. */
  readonly messageOf: (event: OrderEvent) => PushMessage | undefined;
}

export class MakerDesk implements Participant {
  readonly heard: Heard[] = [];
  session!: Session;
  witnesses: Witness[] = [];
  /** Handshakes whose end was waited for and heard. */
  verdictsHeard = 0;
  /** How often it was told that not all can be told. */
  resyncs = 0;
  private nonce = 0;
  private readonly ends = new Map<string, CancellationUpdate>();

  private constructor(
    readonly maker: Maker,
    readonly name: string,
  ) {}

  static async open(name: string, url: string, ledger: Ledger, settings: Settings): Promise<MakerDesk> {
    const maker = await connectMaker({
      url,
      account: privateKeyToAccount(generatePrivateKey()),
      chainId: settings.EIP712_CHAIN_ID,
      verifyingContract: settings.EIP712_VERIFYING_CONTRACT,
      fetch: ledger.send,
    });
    const desk = new MakerDesk(maker, name);
    const types = 'order_status_change,cancellation_update';
    const headers = { authorization: `Bearer ${await maker.token()}` };
    desk.witnesses = await Witness.onEach(ledger.urls, `/ws/maker/v1?types=${types}`, headers);
    desk.session = await maker.listen({
      onOrderStatusChange: (data) => note(desk, 'order_status_change', data),
      onCancellationUpdate: (data) => desk.hearUpdate(data),
      onResync: (data) => {
        desk.resyncs += 1;
        note(desk, 'resync', data);
      },
      onProblem: () => {},
    });
    return desk;
  }

  /** A new order of this maker, not placed yet. */
  draft(): OrderTerms {
    return {
      maker: this.maker.address,
      principal: this.maker.address,
      is_buy: true,
      ticker: 'AAPL',
      exchange: 0,
      asset: '0x55d398326f99059ff775485246999027b3197955',
      price: '182500000000000000000',
      quantity: '100',
      incentive: '500000000000000000',
      deadline: Math.floor(Date.now() / 1000) + THIRTY_ONE_DAYS_S,
      nonce: this.nonce++,
    };
  }

  /**
   * Hears the verdict on a request, or its time-out or a resync later than so many, after which it can be asked again: what
   * a resync hides is not told.
   */
  async hearEnd(requestId: string, ofVerdict: boolean, resyncs: number): Promise<void> {
    const isHeard = (): boolean => {
      const status = this.ends.get(requestId)?.status;
      return status !== undefined && !(ofVerdict && status === 'timed_out');
    };
    const what = `the end of request ${requestId}`;
    await until(() => isHeard() || this.resyncs > resyncs, what, PATIENCE_MS);
    const status = this.ends.get(requestId)?.status;
    if (status === 'timed_out') this.ends.delete(requestId);
    else if (status) this.verdictsHeard += 1;
  }

  /** What it believed to have ended may be open again in another history: it cancels what its list has, until nothing is left. */
  async endAll(): Promise<void> {
    const hasEnded = async (): Promise<boolean> => {
      const list = await settled(() => this.maker.orders({ status: ['pending', 'locked'] }));
      if (list instanceof LockstepError) throw list;
      for (const { id } of list.orders) await settled(() => this.maker.cancel(id));
      return list.total === 0;
    };
    await until(hasEnded, `${this.name} to have no open order`, PATIENCE_MS);
  }

  readonly messageOf = (event: OrderEvent): PushMessage | undefined => {
    return messagesFor({ maker: this.maker.address }, event)[0];
  };

  private hearUpdate(data: CancellationUpdate): void {
    note(this, 'cancellation_update', data);
    if (data.status !== 'requested') this.ends.set(data.request_id, data);
  }
}

/** What a taker is going to say when it is asked to give an order up. */
export interface Intention {
  cancel: boolean;
  /** Only after the request has timed out, and has been for so long. */
  lateByMs?: number;
  /** Not before this is settled. */
  notBefore?: Promise<void>;
}

export class TakerDesk implements Participant {
  readonly heard: Heard[] = [];
  /** By order hash; a taker without an intention gives the order up at once. */
  readonly intentions = new Map<string, Intention>();
  /** Called with each verdict, as it is about to be sent. */
  onVerdict: ((request: CancellationRequest, verdict: Verdict) => void) | undefined;
  session!: Session;
  witnesses: Witness[] = [];

  private constructor(
    readonly taker: Taker,
    readonly takerId: string,
    readonly apiKey: string,
    readonly name: string,
  ) {}

  static async open(
    name: string,
    url: string,
    ledger: Ledger,
    settings: Settings,
    dataSource: DataSource,
  ): Promise<TakerDesk> {
    const address = privateKeyToAccount(generatePrivateKey()).address.toLowerCase();
    const { takerId } = await new TakersService(dataSource).create(`${name}, ${address}`, [address]);
    const { apiKey, apiSecret } = await new ApiKeysService(dataSource, settings).create(takerId);
    const taker = createTaker({ url, apiKey, apiSecret, address, fetch: ledger.send });
    const desk = new TakerDesk(taker, takerId, apiKey, name);
    const types = 'order_status_change,cancellation_request';
    desk.witnesses = await Witness.onEach(ledger.urls, `/ws/taker/v1?types=${types}`, {
      'x-api-key': apiKey,
    });
    desk.session = await taker.listen({
      onOrderStatusChange: (data: OrderStatusChange) => note(desk, 'order_status_change', data),
      onResync: (data) => note(desk, 'resync', data),
      onCancellationRequest: (request) => desk.decide(request),
      onAnswerRefused: () => {}, // something else was faster
      onProblem: () => {},
    });
    return desk;
  }

  readonly messageOf = (event: OrderEvent): PushMessage | undefined => {
    return messagesFor({ takerId: this.takerId, newOrders: true, book: false }, event)[0];
  };

  private async decide(request: CancellationRequest): Promise<Verdict> {
    note(this, 'cancellation_request', request);
    const { cancel, lateByMs, notBefore } = this.intentions.get(request.order_hash) ?? { cancel: true };
    await notBefore;
    if (lateByMs !== undefined) {
      await delay(Math.max(Date.parse(request.metadata.expires_at) - Date.now(), 0) + lateByMs);
    }
    const verdict = verdictOn(request, cancel);
    this.onVerdict?.(request, verdict);
    return verdict;
  }
}

/** Nobody listens for it any more. */
export async function leave({ session, witnesses }: Participant): Promise<void> {
  await Promise.all([session, ...witnesses].map((socket) => socket.close()));
}

function note({ heard }: Participant, type: Heard['type'], data: object): void {
  heard.push({ type, data, at: Date.now() });
}

/** The same verdict on the same request has the same words. */
export function verdictOn({ metadata }: CancellationRequest, cancel: boolean): Verdict {
  return { cancel, message: `${cancel ? 'not traded' : 'trading'}: ${metadata.request_id}` };
}
