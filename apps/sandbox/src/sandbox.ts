import { setMaxListeners } from 'node:events';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { LockstepError, readConfig } from '#client';
import type { SandboxSettings } from '#config';
import { Certificates } from './certificates/certificates.service.js';
import type { Installation } from './installation.js';
import { Pace } from './pace.js';
import { Scenarios } from './scenarios/scenarios.service.js';
import type { Operator } from './scenarios/scenes.js';
import { SimulatedMakers } from './simulated-makers.js';
import { SimulatedTaker, type TakerAccess } from './simulated-taker.js';

export interface SandboxOptions {
  /** Where the service is. */
  url: string;
  settings: SandboxSettings;
  /** As whom orders are locked by their quantity. */
  taker: TakerAccess;
  /** Whose bot scenarios try unless they say otherwise. */
  botAddress: string | undefined;
  /** Left out where no operator's access is at hand. */
  operator?: Operator;
}

/** What somebody else has taken is not to be had, and not even to be seen. */
const LOST: ReadonlySet<number> = new Set([404, 409]);

/** Somebody to trade with: simulated takers and makers, and scenarios on demand. */
@Injectable()
export class Sandbox implements OnModuleDestroy {
  private readonly logger = new Logger(Sandbox.name);
  private readonly end = new AbortController();
  private taker: SimulatedTaker | undefined;

  constructor(
    private readonly scenarios: Scenarios,
    private readonly certificates: Certificates,
  ) {
    setMaxListeners(0, this.end.signal); // whatever is simulated waits for it
  }

  /** Begins to play; what goes wrong later is logged, and goes on. */
  async start({ url, settings, taker, botAddress, operator }: SandboxOptions): Promise<void> {
    const config = await readConfig({ url });
    const installation: Installation = { url, config, tickers: settings.SANDBOX_TICKERS };
    const pace = new Pace(settings.SANDBOX_STEP_MS, this.end.signal);
    const report = (problem: unknown): void => this.report(problem);
    this.taker = new SimulatedTaker(taker, installation, pace, report);
    await this.taker.start();
    const makers = new SimulatedMakers(settings.SANDBOX_MAKER_KEYS, installation, pace, report);
    makers.play(settings.SANDBOX_ORDERS_PER_MINUTE).catch(report);
    this.scenarios.open({ installation, pace, botAddress, operator });
    this.certificates.open(url, settings.SANDBOX_CERTIFICATE_KEY);
  }

  async onModuleDestroy(): Promise<void> {
    this.end.abort();
    await Promise.all([this.scenarios.close(), this.taker?.gone()]);
  }

  private report(problem: unknown): void {
    const isLost = problem instanceof LockstepError && LOST.has(problem.status);
    if (this.end.signal.aborted || isLost) return;
    const { message, details = '' } = problem as Error & { details?: string };
    this.logger.warn(`${message}${details && `: ${details}`}`);
  }
}
