import 'reflect-metadata';
import { constants } from 'node:os';
import { LockstepError } from '#client';
import { type Environment, LaunchError, readEnvironment } from '#config';
import { Command } from 'commander';
import { DemoFailure, Interruption } from './demo-failure.js';
import { Maker } from './maker.js';
import { Operator } from './operator.js';
import { actOfConsent, actOfRefusal, actOfSilence, prologue } from './play.js';
import { Screen, styled } from './screen.js';
import { reachService, type Service } from './service.js';
import { Taker } from './taker.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The likely reason for a refusal by a service that was found running. */
const HINT = `
  This service was running before. Was the demo started with other settings? The API key was made in the database
  of the demo's DATABASE_URL or DATA_DIR, and orders are signed for its EIP712_CHAIN_ID and verifying contract.`;

/** Plays the handshake once in each outcome. Whatever happens, a service that was started for it is stopped. */
async function demo(screen: Screen, signal: AbortSignal): Promise<void> {
  if (process.env.NODE_ENV === 'production') {
    throw new DemoFailure(
      'The demo makes takers, keys and orders: it does not play where NODE_ENV is production.',
    );
  }
  const settings = readEnvironment(process.env);
  screen.title(
    'Lockstep: one handshake, three endings',
    'A taker that holds an order locked may already be trading it. So when the maker of the order asks to cancel, ' +
      'the service does not decide by itself: it asks the taker, and only the answer changes the order.',
  );
  screen.legend();
  screen.act('THE STAGE');
  screen.scene(
    'A service to talk to',
    'The demo plays against the real thing: the Lockstep on HOST:PORT, or else one of its own.',
  );
  const service = await reachService(settings, screen, signal);
  try {
    await perform(service, settings, screen, signal);
  } catch (error) {
    if (!(error instanceof LockstepError)) throw error;
    throw new DemoFailure(`${error.message}: ${error.details}${service.found ? `\n${HINT}` : ''}`);
  } finally {
    await service.leave();
  }
  const fate = service.found ? 'The service keeps running.' : "The demo's own service has stopped.";
  screen.end(`All endings as expected: ${screen.calls} calls, ${screen.pushes} pushes. ${fate}`);
}

async function perform(
  { url }: Service,
  settings: Environment,
  screen: Screen,
  signal: AbortSignal,
): Promise<void> {
  const operator = new Operator(screen, signal);
  const maker = new Maker(url, settings, screen, signal);
  const taker = new Taker(url, screen, signal);
  const cast = { operator, maker, taker, screen };
  try {
    await prologue(cast);
    await actOfConsent(cast);
    await actOfRefusal(cast);
    await actOfSilence(cast);
  } finally {
    await Promise.all([maker.session?.close(), taker.session?.close()]);
  }
}

/** Breaks the play off, in good order, when somebody stops it or nobody reads it any more. */
function breakOff(interruption: AbortController): void {
  for (const name of STOP_SIGNALS) {
    process.on(name, () => {
      if (!interruption.signal.aborted) process.stderr.write('\nInterrupted: leaving in good order …\n');
      interruption.abort(new Interruption(128 + constants.signals[name]));
    });
  }
  // a terminal that was closed takes neither the play nor the words about its end
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => interruption.abort(new Interruption(1)));
  }
}

/** Tells the audience why the play does not reach its end; a bug of the demo comes with its stack. */
function explain(error: Error): void {
  const known = error instanceof DemoFailure || error instanceof LaunchError;
  process.stderr.write(`\n${styled('red', '✗')} ${known ? error.message : error.stack}\n`);
}

new Command('demo')
  .description(
    'Plays the handshake of a maker and a taker in its three endings, printing every call and push: against the ' +
      'Lockstep on HOST:PORT, or one of its own. Settings are environment variables, see docs/configuration.md.',
  )
  .allowExcessArguments(false)
  .parse();

const interruption = new AbortController();
breakOff(interruption);
try {
  await demo(new Screen(), interruption.signal);
} catch (error) {
  if (!(error instanceof Interruption)) explain(error as Error);
  process.exitCode = error instanceof Interruption ? error.exitCode : 1;
}
