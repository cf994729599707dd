import { randomUUID } from 'node:crypto';
import { HttpStatus, Injectable } from '@nestjs/common';
import { LockstepError } from '#client';
import { Refusal } from '../envelope.js';
import type { Installation } from '../installation.js';
import type { Pace } from '../pace.js';
import type { ScenarioView } from './dto/scenarios.dto.js';
import { Play } from './play.js';
import type { ScenarioName } from './scenario-names.js';
import { type Operator, SCENES } from './scenes.js';

/** What scenarios are played with. */
interface Stage {
  installation: Installation;
  pace: Pace;
  botAddress: string | undefined;
  operator: Operator | undefined;
}

const MAX_KEPT = 100;
const MAX_RUNNING = 10;
/** Of one scenario: a burst has about 250. */
const MAX_STEPS = 500;

/** The scenarios that were started, newest first, with how each went. */
@Injectable()
export class Scenarios {
  private stage: Stage | undefined;
  private readonly played: ScenarioView[] = [];

  /** From now on scenarios can be played. */
  open(stage: Stage): void {
    this.stage = stage;
  }

  list(): ScenarioView[] {
    return this.played;
  }

  find(id: string): ScenarioView {
    const found = this.played.find((scenario) => scenario.id === id.toLowerCase());
    if (found) return found;
    throw new Refusal(
      HttpStatus.NOT_FOUND,
      'Scenario not found',
      `no scenario of the last ${MAX_KEPT} has this id`,
    );
  }

  /** Starts a scenario; it goes on by itself. */
  start(name: ScenarioName, takerAddress: string | undefined): ScenarioView {
    const { stage } = this;
    if (!stage)
      throw new Refusal(HttpStatus.SERVICE_UNAVAILABLE, 'Service unavailable', 'the sandbox still starts');
    const botAddress = takerAddress ?? stage.botAddress;
    if (!botAddress) throw invalid('taker_address is required: this sandbox has no taker of its own to try');
    if (name === 'suspend-and-resume' && !stage.operator) {
      throw invalid("name must not be suspend-and-resume here: this sandbox has no operator's access");
    }
    if (this.played.filter(({ status }) => status === 'running').length >= MAX_RUNNING) {
      const details = `${MAX_RUNNING} scenarios are running; try again when one has ended`;
      throw new Refusal(HttpStatus.TOO_MANY_REQUESTS, 'Too many requests', details);
    }
    const scenario: ScenarioView = {
      id: randomUUID(),
      name,
      status: 'running',
      started_at: new Date().toISOString(),
      ended_at: null,
      steps: [],
    };
    this.played.unshift(scenario);
    this.played.splice(MAX_KEPT);
    void this.play(scenario, { ...stage, botAddress: botAddress.toLowerCase() });
    return scenario;
  }

  private async play(scenario: ScenarioView, stage: Stage & { botAddress: string }): Promise<void> {
    const note = (text: string, orderHash?: string): void => {
      if (scenario.steps.length >= MAX_STEPS) return;
      scenario.steps.push({ at: new Date().toISOString(), text, order_hash: orderHash ?? null });
    };
    try {
      await Play.withMaker(stage, note, (play) => SCENES[scenario.name](play, stage.operator));
      scenario.status = 'completed';
    } catch (error) {
      note(`It ended here: ${reasonOf(error as Error)}`);
      scenario.status = 'failed';
    }
    scenario.ended_at = new Date().toISOString();
  }
}

const invalid = (details: string): Refusal =>
  new Refusal(HttpStatus.BAD_REQUEST, 'Invalid parameter', details);

const reasonOf = (error: Error): string =>
  error instanceof LockstepError ? `${error.message}: ${error.details}` : error.message;
