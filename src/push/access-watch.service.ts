import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { ApiKeysService } from '#trading';
import { PushService } from './push.service.js';
import type { Subscriber } from './subscriber.js';

/** A revoked key loses its sockets within 5 s: this, and the 3 s for which a looked-up key is believed, leave time to ask. */
const CHECK_INTERVAL_MS = 1_000;

/** Closes the sockets whose key was revoked or has expired, and those whose token has expired. */
@Injectable()
export class AccessWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AccessWatch.name);
  private timer: NodeJS.Timeout | undefined;
  private checking: Promise<void> | undefined;

  constructor(
    private readonly push: PushService,
    private readonly apiKeys: ApiKeysService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.closeExpiredTokens();
      this.checking ??= this.closeEndedKeys().finally(() => (this.checking = undefined));
    }, CHECK_INTERVAL_MS);
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.checking;
  }

  /** By looking at the clock: a timer for each token would miss a clock that is set. */
  private closeExpiredTokens(): void {
    const now = Date.now();
    for (const subscriber of this.push.subscribers()) {
      const { participant } = subscriber;
      if (participant.kind === 'maker' && participant.expiresAt <= now)
        subscriber.revoke('the token expired');
    }
  }

  private async closeEndedKeys(): Promise<void> {
    const keyIds = new Set(this.push.subscribers().flatMap(keysOf));
    if (keyIds.size === 0) return;
    try {
      const ended = await this.apiKeys.endedAmong([...keyIds]);
      if (ended.size === 0) return;
      for (const subscriber of this.push.subscribers()) {
        if (keysOf(subscriber).some((keyId) => ended.has(keyId)))
          subscriber.revoke('the API key was revoked or has expired');
      }
    } catch (error) {
      this.logger.warn(`the keys of open sockets could not be checked: ${(error as Error).message}`);
    }
  }
}

function keysOf({ participant }: Subscriber): string[] {
  return participant.kind === 'taker' ? [participant.keyId] : [];
}
