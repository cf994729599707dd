import { ApiError } from '../http/refusals/api-errors.js';

/** Batches of events, or open requests, that are read for sockets at the same time. */
const READS_AT_ONCE = 4;
/** Sockets that are told what they missed, or wait for it. */
const MAX_REPLAYS = 10_000;

/** Who reads for a socket, and when: however many sockets come back together, calls find a connection to the database. */
export class ReplayTurns {
  /** Of each caller that has some: the end of the last one so far, and how many there are. */
  private readonly ofCallers = new Map<string, { end: Promise<void>; count: number }>();
  private readonly waiting: (() => void)[] = [];
  private reading = 0;
  private underWay = 0;

  /** Replays that wait or are under way. */
  get count(): number {
    return this.underWay;
  }

  requireRoom(): void {
    if (this.underWay < MAX_REPLAYS) return;
    throw new ApiError('UNAVAILABLE', `${MAX_REPLAYS} sockets are being told what they missed; try again`);
  }

  /** Of one caller: sockets that were closed meanwhile count until it is their turn. */
  countOf(caller: string): number {
    return this.ofCallers.get(caller)?.count ?? 0;
  }

  /** One replay of a caller after the other. */
  async replay(caller: string, work: () => Promise<void>): Promise<void> {
    const replays = this.ofCallers.get(caller) ?? { end: Promise.resolve(), count: 0 };
    const turn = replays.end.then(work);
    replays.end = turn.catch(() => {});
    replays.count += 1;
    this.ofCallers.set(caller, replays);
    this.underWay += 1;
    try {
      await turn;
    } finally {
      this.underWay -= 1;
      replays.count -= 1;
      if (replays.count === 0) this.ofCallers.delete(caller);
    }
  }

  /** A few reads at the same time, the others in the order in which they came. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    if (this.reading >= READS_AT_ONCE) await new Promise<void>((turn) => this.waiting.push(turn));
    else this.reading += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.reading -= 1;
    }
  }
}
