import type { Settings } from '#config';
import { eventId, OrderEvent } from '#events';
import type { DataSource } from 'typeorm';
import { until } from '../support/until.js';
import type { Evidence } from './evidence.js';
import { type Cast, lockAndUnlock, place, WAYS } from './handshakes.js';
import { Ledger } from './ledger.js';
import { leave, MakerDesk, type Participant, TakerDesk } from './participants.js';
import { recordSince, type Undone } from './record.js';

/** Orders under way at once; each waits for the other side most of the time. */
const LANES = 10;
/** Orders whose calls wait for nobody. */
const PULSES = 2;
const PATIENCE_MS = 90_000;

/** Makers and takers who go on trading, whatever happens. */
export class Traffic {
  /** Orders that have come to their end. */
  ended = 0;
  /** Orders on their way. */
  underWay = 0;
  /** What a fault has taken back. */
  undone: Undone | undefined;
  private stopping = false;
  private readonly lanes: Promise<void>[] = [];
  private failure: unknown;

  private constructor(
    readonly ledger: Ledger,
    readonly makers: readonly MakerDesk[],
    readonly takers: readonly TakerDesk[],
    /** The last event before this traffic. */
    readonly since: string,
  ) {}

  /** Participants of their own, with sessions on both instances. */
  static async begin(
    { urls }: { urls: readonly string[] },
    settings: Settings,
    dataSource: DataSource,
  ): Promise<Traffic> {
    const ledger = new Ledger(urls);
    const last = await dataSource.getRepository(OrderEvent).find({ order: { seq: 'DESC' }, take: 1 });
    const takers = await Promise.all(
      urls.map((url, i) => TakerDesk.open(`taker ${i + 1}`, url, ledger, settings, dataSource)),
    );
    const makers = await Promise.all(
      [...urls, ...urls].map((url, i) => MakerDesk.open(`maker ${i + 1}`, url, ledger, settings)),
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
    const lanes = Array.from({ length: LANES }, (_, lane) => this.run(lane));
    this.go(lanes);
    this.callMore(PULSES);
  }

  /** So many orders more whose calls wait for nobody, until it stops. */
  callMore(orders: number): void {
    this.go(
      Array.from({ length: orders }, (_, lane) => lockAndUnlock(this.castOf(lane), () => this.stopping)),
    );
  }

  private go(lanes: Promise<void>[]): void {
    const watched = lanes.map((lane) =>
      lane.catch((error: unknown) => {
        this.failure ??= error;
      }),
    );
    this.lanes.push(...watched);
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
    if (this.undone) await Promise.all(this.makers.map((maker) => maker.endAll()));
  }

  /** What its clients know, and what the database says of it. */
  async evidence(dataSource: DataSource): Promise<Evidence> {
    const { ledger, participants, since, undone } = this;
    const { told, waits } = ledger;
    return { told, waits, participants, undone, record: await recordSince(dataSource, since) };
  }

  async close(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.participants.map(leave));
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
