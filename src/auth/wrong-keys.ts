import { hash } from 'node:crypto';
import { networkOf } from '#config';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { ApiError } from '../http/api-errors.js';

/** Wrong keys that may be tried from an address in a minute; a client with one and its retries stays far below. */
const WRONG_KEYS_PER_MINUTE = 100;
const SECONDS = 60;
/** Keys that are known to be right, those used last. */
const REMEMBERED_KEYS = 10_000;

/** Lets nobody try key after key, and nobody who has a right one suffer for others at the same address. */
export class WrongKeys {
  private readonly wrong = new RateLimiterMemory({ points: WRONG_KEYS_PER_MINUTE, duration: SECONDS });
  /** Hashes; the ones used last come last. */
  private readonly right = new Set<string>();

  /** Refuses a key before it is looked up, when too many from there were wrong. */
  async requireFew(address: string, apiKey: string): Promise<void> {
    const wrong = await this.wrong.get(networkOf(address));
    if (!wrong || wrong.consumedPoints < WRONG_KEYS_PER_MINUTE || this.right.has(digest(apiKey))) return;
    const seconds = Math.max(1, Math.ceil(wrong.msBeforeNext / 1_000));
    const details = `too many wrong API keys came from ${address}; try again in ${seconds} s`;
    throw new ApiError('TOO_MANY_REQUESTS', details, seconds);
  }

  noteRight(apiKey: string): void {
    const key = digest(apiKey);
    this.right.delete(key);
    this.right.add(key);
    if (this.right.size <= REMEMBERED_KEYS) return;
    const [oldest] = this.right;
    this.right.delete(oldest!);
  }

  async noteWrong(address: string): Promise<void> {
    await this.wrong.penalty(networkOf(address), 1);
  }
}

const digest = (apiKey: string): string => hash('sha256', apiKey, 'base64');
