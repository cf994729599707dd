import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { LockstepError } from '#client';
import { ERRORS, invalid, Refusal } from '../envelope.js';
import type { Installation } from '../installation.js';
import type { Pace } from '../pace.js';
import type { ScenarioSummary, ScenarioView } from './dto/scenarios.dto.js';
import { Play } from './play.js';
import type { ScenarioName } from './scenario-names.js';
import { type Operator, SCENES } from './scenes.js';
import { Steps } from './steps.js';

/** What scenarios are played with. */
interface Stage {
  installation: Installation;
  pace: Pace;
  botAddress: string | undefined;
  operator: Operator | undefined;
}

/** A scenario that was started, and by whom. */
interface Played {
  summary: ScenarioSummary;
  steps: Steps;
  caller: string;
}

const MAX_KEPT = 100;
const MAX_RUNNING = 20;
/** So that one caller does not keep the others from theirs. */
export const MAX_RUNNING_PER_CALLER = 5;
/** When to ask whether one has ended: they take from seconds to minutes. */
const BUSY_SECONDS = 10;
/** Less than a process has for its stop. */
const CLOSE_TIMEOUT_MS = 8_000;

/** The scenarios that were started, newest first, with how each went. */
@Injectable()
export class Scenarios {
  private stage: Stage | undefined;
  private readonly played: Played[] = [];
  private readonly plays = new Set<Promise<void>>();

  /** From now on scenarios can be played. */
  open(stage: Stage): void {
    this.stage = stage;
  }

  list(): ScenarioSummary[] {
    return this.played.map(({ summary }) => summary);
  }

  find(id: string): ScenarioView {
    const found = this.played.find(({ summary }) => summary.id === id.toLowerCase());
    if (found) return viewOf(found);
    throw new Refusal(ERRORS.SCENARIO_NOT_FOUND, `no scenario of the last ${MAX_KEPT} has this id`);
  }

  /** Starts a scenario; it goes on by itself. */
  start(name: ScenarioName, takerAddress: string | undefined, caller: string): ScenarioView {
    const { stage } = this;
    if (!stage) {
      const details = 'the sandbox is not open: it still starts, or its log tells why it could not';
      throw new Refusal(ERRORS.UNAVAILABLE, details);
    }
    const botAddress = (takerAddress ?? stage.botAddress)?.toLowerCase();
    if (!botAddress) throw invalid('taker_address is required: this sandbox has no taker of its own to try');
    if (name === 'suspend-and-resume' && !stage.operator) {
      throw invalid("name must not be suspend-and-resume here: this sandbox has no operator's access");
    }
    this.requirePlace(caller);
    const summary: ScenarioSummary = {
      id: randomUUID(),
      name,
      taker_address: botAddress,
      status: 'running',
      started_at: new Date().toISOString(),
      ended_at: null,
    };
    const started = { summary, steps: new Steps(), caller };
    this.played.unshift(started);
    this.forgetOldest();
    const play = this.play(started, { ...stage, botAddress });
    this.plays.add(play);
    void play.finally(() => this.plays.delete(play));
    return viewOf(started);
  }

  /** Waits until all that are played have taken back their orders, for a bounded time; the end of the pace ends them. */
  async close(): Promise<void> {
    const patience = new AbortController();
    const late = delay(CLOSE_TIMEOUT_MS, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([Promise.all(this.plays), late]);
    patience.abort();
  }

  /** One that runs counts for its caller, and is kept. */
  private forgetOldest(): void {
    if (this.played.length <= MAX_KEPT) return;
    const oldest = this.played.findLastIndex(({ summary }) => summary.status !== 'running');
    this.played.splice(oldest, 1);
  }

  private requirePlace(ofCaller: string): void {
    const running = this.played.filter(({ summary }) => summary.status === 'running');
    const own = running.filter(({ caller }) => caller === ofCaller);
    const bounds = [
      { count: own.length, max: MAX_RUNNING_PER_CALLER, whose: ' of yours' },
      { count: running.length, max: MAX_RUNNING, whose: '' },
    ];
    for (const { count, max, whose } of bounds) {
      if (count < max) continue;
      const details = `${max} scenarios${whose} are running; try again when one has ended`;
      throw new Refusal(ERRORS.TOO_MANY_REQUESTS, details, BUSY_SECONDS);
    }
  }

  private async play({ summary, steps }: Played, stage: Stage & { botAddress: string }): Promise<void> {
    const note = (text: string, orderHash?: string): void => steps.add(text, orderHash);
    let status: ScenarioSummary['status'] = 'completed';
    try {
      await Play.withMaker(stage, note, (play) => SCENES[summary.name](play, stage.operator));
    } catch (error) {
      note(`It ended here: ${reasonOf(error as Error)}`);
      status = 'failed';
    }
    steps.end();
    Object.assign(summary, { status, ended_at: new Date().toISOString() });
  }
}

const viewOf = ({ summary, steps }: Played): ScenarioView => ({ ...summary, steps: steps.told });

const reasonOf = (error: Error): string =>
  error instanceof LockstepError ? `${error.message}: ${error.details}` : error.message;
