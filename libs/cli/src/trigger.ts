import { setTimeout as delay } from 'node:timers/promises';
import { LockstepError, persist } from '#client';
import { Command } from 'commander';
import { address } from './arguments.js';
import { type ServiceOptions, urlOf, withService } from './connection.js';
import { AlreadyTold, Refused, sentenceOf } from './refusals.js';
import { jsonLine, printable, type Screen } from './screen.js';
import { callService } from './service-call.js';

interface TriggerOptions extends ServiceOptions {
  taker?: string;
}

interface Scenario {
  id: string;
  name: string;
  status: 'running' | 'completed' | 'failed';
  taker_address: string;
  steps: { at: string; text: string; order_hash: string | null }[];
}

const POLL_MS = 300;
/** For how long a scenario that is under way is asked for again, while the service is busy or away. */
const PATIENCE_MS = 60_000;
const NOT_FOUND = 404;

const EXAMPLES = `
Scenarios (a maker places an order, and once your bot has locked it:)
  cancel-before-trade    it asks to cancel at once
  cancel-while-trading   it asks some time later, when you may be trading
  cancel-then-silence    it asks once, and lets the request time out
  ask-again              it asks again after a refusal or a time-out
  burst                  it asks to cancel 50 orders at once
  fill-races-cancel      it asks at about the time that you fill
  suspend-and-resume     the operator suspends the order and resumes it, then it asks

Examples:
  lockstep trigger cancel-while-trading
  lockstep trigger burst --taker 0x71c7656ec7ab88b098defb751b7401b5f6d8976f
  lockstep trigger ask-again --url http://127.0.0.1:3100     a sandbox of its own ("npm run sandbox")`;

/** Starts a scenario of the sandbox and shows how it goes. */
export function triggerCommand(screen: Screen): Command {
  return withService(new Command('trigger'))
    .description("play a sandbox scenario towards a taker's bot, and show how it goes")
    .argument('<scenario>', 'its name, see below')
    .option(
      '--taker <address>',
      'whose bot is tried; that of the demo, or of the sandbox’s own --taker, when left out',
      address,
    )
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: TriggerOptions) => trigger(name, options, screen));
}

async function trigger(wanted: string, options: TriggerOptions, screen: Screen): Promise<void> {
  const url = `${urlOf(options)}/sandbox/scenarios`;
  let scenario = await start(url, wanted, options.taker);
  const { name, taker_address } = scenario;
  screen.note(`lockstep: ${printable(`${name} is played towards ${taker_address}`)}\n`);
  const stopped = screen.takeInterrupts();
  let shown = 0;
  for (;;) {
    if (!options.json) for (const step of scenario.steps.slice(shown)) screen.print(stepText(step));
    shown = scenario.steps.length;
    if (scenario.status !== 'running' || stopped.aborted) break;
    await delay(POLL_MS, undefined, { signal: stopped }).catch(() => {});
    scenario = await nextOf(scenario, url, stopped, screen);
  }
  if (options.json) screen.print(jsonLine(scenario));
  else
    screen.note(
      `lockstep: ${printable(name)} ${scenario.status === 'running' ? 'goes on' : scenario.status}\n`,
    );
  if (scenario.status === 'failed') throw new AlreadyTold();
}

/** How a scenario stands by now; as it stood where Ctrl-C comes first. */
async function nextOf(
  scenario: Scenario,
  url: string,
  signal: AbortSignal,
  screen: Screen,
): Promise<Scenario> {
  const onFailure = (error: unknown): void =>
    screen.note(`lockstep: asking again: ${printable(sentenceOf(error))}\n`);
  try {
    const look = (): Promise<Scenario> => callService<Scenario>(`${url}/${scenario.id}`);
    return await persist(look, { patienceMs: PATIENCE_MS, signal, onFailure });
  } catch (error) {
    if (signal.aborted) return scenario;
    throw error;
  }
}

async function start(url: string, name: string, taker_address: string | undefined): Promise<Scenario> {
  const headers = { 'content-type': 'application/json' };
  try {
    return await callService<Scenario>(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ name, taker_address }),
    });
  } catch (error) {
    if (!(error instanceof LockstepError) || error.status !== NOT_FOUND) throw error;
    throw new Refused(
      'there is no sandbox there: start the service with SANDBOX=on, or give --url the address of "npm run sandbox"',
    );
  }
}

function stepText({ at, text, order_hash }: Scenario['steps'][number]): string {
  return `${printable(`${at.slice(11, 23)}Z  ${text}${order_hash ? `  ${order_hash}` : ''}`)}\n`;
}
