/**
 * How long a looked-up key is believed. A revoked one is to be of no use within 5 s, also to a socket that it opened by
 * this cache: the rest is for finding that socket.
 */
const BELIEVED_MS = 3_000;
/** A key in use is looked up again before its time is over, so that its calls do not wait. */
const RENEWED_AFTER_MS = 1_000;
const RENEWED_TOGETHER = 100;

interface Entry<Key> {
  /** Undefined: there is none of this id, which is remembered as well. */
  key: Key | undefined;
  /** By performance.now(). */
  readAt: number;
  isUsed: boolean;
}

/** API keys as they were looked up a moment ago, by their ids. */
export class ApiKeyCache<Key> {
  /** The ones read first come first. */
  private readonly entries = new Map<string, Entry<Key>>();
  private readonly lookUps = new Map<string, Promise<Key | undefined>>();
  private isRenewing = false;

  constructor(
    /** Finds those that there are. */
    private readonly read: (keyIds: string[]) => Promise<Map<string, Key>>,
  ) {}

  async get(keyId: string): Promise<Key | undefined> {
    const entry = this.entries.get(keyId);
    const age = entry ? ageOf(entry) : Infinity;
    if (!entry || age >= BELIEVED_MS) return this.lookUp(keyId);
    entry.isUsed = entry.key !== undefined;
    if (entry.isUsed && age >= RENEWED_AFTER_MS) this.renew();
    return entry.key;
  }

  /** Calls that come meanwhile with the same key wait for the same answer. */
  private lookUp(keyId: string): Promise<Key | undefined> {
    let lookUp = this.lookUps.get(keyId);
    if (!lookUp) {
      lookUp = this.readAgain([keyId])
        .then((found) => found.get(keyId))
        .finally(() => this.lookUps.delete(keyId));
      this.lookUps.set(keyId, lookUp);
    }
    return lookUp;
  }

  /** Looks up at once what is in use: else each key would cost a statement of its own. */
  private renew(): void {
    if (this.isRenewing) return;
    this.isRenewing = true;
    this.readAgain(this.due())
      // a call that needs it and has none left to believe finds out by itself
      .catch(() => {})
      .finally(() => (this.isRenewing = false));
  }

  private due(): string[] {
    const due: string[] = [];
    for (const [keyId, entry] of this.entries) {
      if (ageOf(entry) < RENEWED_AFTER_MS / 2 || due.length === RENEWED_TOGETHER) break;
      if (entry.isUsed) due.push(keyId);
    }
    return due;
  }

  private async readAgain(keyIds: string[]): Promise<Map<string, Key>> {
    const readAt = performance.now();
    const found = await this.read(keyIds);
    for (const keyId of keyIds) {
      this.entries.delete(keyId);
      this.entries.set(keyId, { key: found.get(keyId), readAt, isUsed: false });
    }
    this.forgetOld();
    return found;
  }

  private forgetOld(): void {
    for (const [keyId, entry] of this.entries) {
      if (ageOf(entry) < BELIEVED_MS) break;
      this.entries.delete(keyId);
    }
  }
}

function ageOf({ readAt }: Entry<unknown>): number {
  return performance.now() - readAt;
}
