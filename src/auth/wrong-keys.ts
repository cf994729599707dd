import { hash } from 'node:crypto';
import { networkOf } from '#config';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../http/refusals/api-errors.js';

/** Wrong keys that may be tried from an address in a minute; a client with one and its retries stays far below. */
const WRONG_KEYS_PER_MINUTE = 100;
const SECONDS = 60;
/** Keys that are looked up in a second for an address of more: one of them may be right, and new to this process. */
const TRIALS_PER_SECOND = 1;
/** Keys that are known to be right, and as many that are known to be wrong: those used last. */
const REMEMBERED_KEYS = 10_000;

/**
 * Lets nobody try key after key, or go on without the secret of a key that demands signatures; and nobody who has a right
 * one suffer for others at the same address.
 */
export class WrongKeys {
  private readonly wrong = new RateLimiterMemory({ points: WRONG_KEYS_PER_MINUTE, duration: SECONDS });
  private readonly trials = new RateLimiterMemory({ points: TRIALS_PER_SECOND, duration: 1 });
  private readonly knownRight = new RememberedKeys();
  private readonly knownWrong = new RememberedKeys();

  /** Refuses a key before it is looked up, when too many from there were wrong. */
  async requireFew(address: string, apiKey: string): Promise<void> {
    const wrong = await this.wrong.get(networkOf(address));
    if (!wrong || wrong.consumedPoints < WRONG_KEYS_PER_MINUTE || this.knownRight.has(apiKey)) return;
    if (this.knownWrong.has(apiKey)) throw tooMany(address, wrong);
    await this.tryOne(address);
  }

  /** Counts a wrong one from there ahead of its check, until it is cleared; refuses it when there are too many. */
  async suspect(address: string): Promise<void> {
    const { consumedPoints } = await this.wrong.penalty(networkOf(address), 1);
    if (consumedPoints > WRONG_KEYS_PER_MINUTE) await this.tryOne(address);
  }

  /** Who signed rightly from there is not suspected again. */
  async clear(address: string, signer: string): Promise<void> {
    this.noteRight(signer);
    await this.wrong.reward(networkOf(address), 1);
  }

  isRight(signer: string): boolean {
    return this.knownRight.has(signer);
  }

  noteRight(apiKey: string): void {
    this.knownRight.add(apiKey);
  }

  async noteWrong(address: string, apiKey: string): Promise<void> {
    this.knownWrong.add(apiKey);
    await this.wrong.penalty(networkOf(address), 1);
  }

  private async tryOne(address: string): Promise<void> {
    await this.trials.consume(networkOf(address)).catch((refusal: RateLimiterRes) => {
      throw tooMany(address, refusal);
    });
  }
}

function tooMany(address: string, { msBeforeNext }: RateLimiterRes): ApiError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1_000));
  const details = `too many wrong API keys or signatures came from ${address}; try again in ${seconds} s`;
  return new ApiError('TOO_MANY_REQUESTS', details, seconds);
}

class RememberedKeys {
  /** Hashes; the ones used last come last. */
  private readonly digests = new Set<string>();

  has(apiKey: string): boolean {
    return this.digests.has(digest(apiKey));
  }

  add(apiKey: string): void {
    const key = digest(apiKey);
    this.digests.delete(key);
    this.digests.add(key);
    if (this.digests.size <= REMEMBERED_KEYS) return;
    const [oldest] = this.digests;
    this.digests.delete(oldest!);
  }
}

const digest = (apiKey: string): string => hash('sha256', apiKey, 'base64');
