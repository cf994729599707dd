import type { Settings } from '#config';
import { eventId, type OrderEvent } from '#events';
import type { DataSource } from 'typeorm';
import { until } from '../support/until.js';
import type { Fleet } from './fleet.js';
import { type Cast, place, WAYS } from './handshakes.js';
import { Ledger } from './ledger.js';
import { MakerDesk, type Participant, TakerDesk } from './participants.js';

/** Orders under way at once; each waits for the other side most of the time. */
const LANES = 10;
const PATIENCE_MS = 90_000;

/** Makers and takers who go on trading, whatever happens. */
export class Traffic {
  /** Orders that have come to their end. */
  ended = 0;
  /** Orders on their way. */
  underWay = 0;
  private stopping = false;
  private lanes: Promise<void>[] = [];
  private failure: unknown;

  private constructor(
    readonly ledger: Ledger,
    readonly makers: readonly MakerDesk[],
    readonly takers: readonly TakerDesk[],
    /** The last event before this traffic. */
    readonly since: string,
  ) {}

  /** Participants of their own, with sessions on both instances. */
  static async begin(fleet: Fleet, settings: Settings, dataSource: DataSource): Promise<Traffic> {
    const ledger = new Ledger(fleet.urls);
    const last = await dataSource.query<OrderEvent[]>(
      'SELECT xid, seq FROM order_events ORDER BY xid DESC, seq DESC LIMIT 1',
    );
    const takers = await Promise.all(
      fleet.urls.map((url, i) => TakerDesk.open(`taker ${i + 1}`, url, ledger, settings, dataSource)),
    );
    const makers = await Promise.all(
      [...fleet.urls, ...fleet.urls].map((url, i) => MakerDesk.open(`maker ${i + 1}`, url, ledger, settings)),
    );
    return new Traffic(ledger, makers, takers, last.map(eventId)[0] ?? '');
  }

  get participants(): Participant[] {
    return [...this.makers, ...this.takers];
  }

  /** Cancellation requests whose verdict their maker was told. */
  get handshakes(): number {
    return this.makers.reduce((sum, { verdictsHeard }) => sum + verdictsHeard, 0);
  }

  /** Begins once every socket has heard something, so that each knows from where to go on. */
  async start(): Promise<void> {
    for (const maker of this.makers) await place(maker).then(({ id }) => maker.maker.cancel(id));
    const hasHeard = ({ session, witnesses }: Participant): boolean =>
      [session, ...witnesses].every(({ lastId }) => lastId !== undefined);
    await until(() => this.participants.every(hasHeard), 'every socket to hear something');
    this.lanes = Array.from({ length: LANES }, (_, lane) =>
      this.run(lane).catch((error: unknown) => {
        this.failure ??= error;
      }),
    );
  }

  /** Waits until so many orders more have come to their end. */
  async goOn(orders: number): Promise<void> {
    const target = this.ended + orders;
    await until(
      () => this.ended >= target || this.failure !== undefined,
      `${orders} orders more`,
      PATIENCE_MS,
    );
    if (this.failure) throw this.failure;
  }

  /** Lets the orders under way come to their end. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.lanes);
    if (this.failure) throw this.failure;
  }

  async close(): Promise<void> {
    this.stopping = true;
    await Promise.all(
      this.participants.flatMap(({ session, witnesses }) =>
        [session, ...witnesses].map((socket) => socket.close()),
      ),
    );
  }

  /** Who trades with whom in a lane: makers and takers of the same instance, and of both. */
  castOf(lane: number): Cast {
    const { makers, takers } = this;
    const pair = Math.floor(lane / 2);
    return {
      maker: makers[lane % makers.length]!,
      otherMaker: makers[(lane + 1) % makers.length]!,
      taker: takers[pair % takers.length]!,
      otherTaker: takers[(pair + 1) % takers.length]!,
    };
  }

  private async run(lane: number): Promise<void> {
    const cast = this.castOf(lane);
    for (let turn = lane; !this.stopping; turn += 1) {
      this.underWay += 1;
      await WAYS[turn % WAYS.length]!(cast);
      this.underWay -= 1;
      this.ended += 1;
    }
  }
}
