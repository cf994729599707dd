import { ApiError } from '../http/api-errors.js';

/** Batches of events, or open requests, that are read for sockets at the same time. */
const READS_AT_ONCE = 4;
/** Sockets that are told what they missed, or wait for it. */
const MAX_REPLAYS = 10_000;

/** Who reads for a socket, and when: however many sockets come back together, calls find a connection to the database. */
export class ReplayTurns {
  /** Of each caller, the end of its last replay so far. */
  private readonly ends = new Map<string, Promise<void>>();
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

  /** One replay of a caller after the other. */
  async replay(caller: string, work: () => Promise<void>): Promise<void> {
    const turn = (this.ends.get(caller) ?? Promise.resolve()).then(work);
    const end = turn.catch(() => {});
    this.ends.set(caller, end);
    this.underWay += 1;
    try {
      await turn;
    } finally {
      this.underWay -= 1;
      if (this.ends.get(caller) === end) this.ends.delete(caller);
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
