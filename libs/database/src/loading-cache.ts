/**
 * How long an entry is believed. What was revoked, suspended or ended is to be of no use within 5 s, also to a socket that
 * was opened by this cache: the rest is for finding that socket.
 */
const EXPIRE_AFTER_MS = 3_000;
/** An entry in use is loaded again before it expires, so that calls do not wait. */
const REFRESH_AFTER_MS = 1_000;
const REFRESHED_TOGETHER = 100;

interface Entry<Value> {
  /** Undefined: there is none, which is remembered as well. */
  value: Value | undefined;
  /** By performance.now(). */
  loadedAt: number;
  isUsed: boolean;
}

/** API keys, makers and the like as they were in the database a moment ago, by their ids. */
export class LoadingCache<Value> {
  /** The ones loaded first come first. */
  private readonly entries = new Map<string, Entry<Value>>();
  private readonly loads = new Map<string, Promise<Value | undefined>>();
  private isRefreshing = false;

  constructor(
    /** Finds those that there are. */
    private readonly read: (ids: string[]) => Promise<Map<string, Value>>,
  ) {}

  async get(id: string): Promise<Value | undefined> {
    const entry = this.entries.get(id);
    const age = entry ? ageOf(entry) : Infinity;
    if (!entry || age >= EXPIRE_AFTER_MS) return this.load(id);
    entry.isUsed = entry.value !== undefined;
    if (entry.isUsed && age >= REFRESH_AFTER_MS) this.refresh();
    return entry.value;
  }

  /** Calls that come meanwhile for the same id wait for the same answer. */
  private load(id: string): Promise<Value | undefined> {
    let load = this.loads.get(id);
    if (!load) {
      load = this.loadAll([id])
        .then((found) => found.get(id))
        .finally(() => this.loads.delete(id));
      this.loads.set(id, load);
    }
    return load;
  }

  /** Loads at once what is in use: else each entry would cost a statement of its own. */
  private refresh(): void {
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    this.loadAll(this.due())
      // a call that needs it and has none left to believe finds out by itself
      .catch(() => {})
      .finally(() => (this.isRefreshing = false));
  }

  private due(): string[] {
    const due: string[] = [];
    for (const [id, entry] of this.entries) {
      if (ageOf(entry) < REFRESH_AFTER_MS / 2 || due.length === REFRESHED_TOGETHER) break;
      if (entry.isUsed) due.push(id);
    }
    return due;
  }

  private async loadAll(ids: string[]): Promise<Map<string, Value>> {
    const loadedAt = performance.now();
    const found = await this.read(ids);
    for (const id of ids) {
      this.entries.delete(id);
      this.entries.set(id, { value: found.get(id), loadedAt, isUsed: false });
    }
    this.forgetExpired();
    return found;
  }

  private forgetExpired(): void {
    for (const [id, entry] of this.entries) {
      if (ageOf(entry) < EXPIRE_AFTER_MS) break;
      this.entries.delete(id);
    }
  }
}

function ageOf({ loadedAt }: Entry<unknown>): number {
  return performance.now() - loadedAt;
}
