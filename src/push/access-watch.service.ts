import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AcceptedKeys, MakersService } from '#trading';
import { EventDelivery } from './event-delivery.service.js';
import type { Participant, Subscriber } from './subscriber.js';

/** A revoked key loses its sockets within 5 s: this, and the 3 s for which a looked-up key is believed, leave time to ask. */
const CHECK_INTERVAL_MS = 1_000;
/** Tokens that were ended earlier have expired since, whatever this clock and the database's differ by. */
const TOKENS_LIVE_MS = 48 * 3600 * 1000;

/**
 * Closes the sockets whose key was revoked or has expired, and those whose token has expired or was ended by a log-out;
 * and those of a taker that was suspended or resumed since they were opened, to be opened anew.
 */
@Injectable()
export class AccessWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AccessWatch.name);
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<unknown> | undefined;
  /** Log-outs before it are known; by the database's clock. */
  private logOutsSince = new Date(Date.now() - TOKENS_LIVE_MS);

  constructor(
    private readonly delivery: EventDelivery,
    private readonly keys: AcceptedKeys,
    private readonly makers: MakersService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.closeExpiredTokens();
      this.checking ??= this.checkDatabase().finally(() => (this.checking = undefined));
    }, CHECK_INTERVAL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.checking;
  }

  /** By looking at the clock: a timer for each token would miss a clock that is set. */
  private closeExpiredTokens(): void {
    const now = Date.now();
    for (const [subscriber, { expiresAt }] of this.socketsOf('maker')) {
      if (expiresAt <= now) subscriber.revoke('the token expired');
    }
  }

  private async checkDatabase(): Promise<void> {
    try {
      await this.checkTakers();
      await this.closeLoggedOut();
    } catch (error) {
      this.logger.warn(
        `the keys and tokens of open sockets could not be checked: ${(error as Error).message}`,
      );
    }
  }

  private async checkTakers(): Promise<void> {
    const keyIds = new Set(this.socketsOf('taker').map(([, { keyId }]) => keyId));
    if (keyIds.size === 0) return;
    const { ended, suspended } = await this.keys.standingOf([...keyIds]);
    for (const [subscriber, { keyId, isSuspended }] of this.socketsOf('taker')) {
      if (!keyIds.has(keyId)) continue;
      if (ended.has(keyId)) subscriber.revoke('the API key was revoked or has expired');
      else if (suspended.has(keyId) !== isSuspended)
        subscriber.restart(`the taker was ${isSuspended ? 'resumed' : 'suspended'}`);
    }
  }

  private async closeLoggedOut(): Promise<void> {
    if (this.socketsOf('maker').length === 0) return;
    const { generations, next } = await this.makers.loggedOutSince(this.logOutsSince);
    for (const [subscriber, { wallet, generation }] of this.socketsOf('maker')) {
      if (generation < (generations.get(wallet) ?? 0)) subscriber.revoke('the wallet was logged out');
    }
    this.logOutsSince = next;
  }

  private socketsOf<Kind extends Participant['kind']>(kind: Kind) {
    return this.delivery
      .subscribers()
      .map((subscriber) => [subscriber, subscriber.participant] as const)
      .filter((pair): pair is [Subscriber, Extract<Participant, { kind: Kind }>] => pair[1].kind === kind);
  }
}
