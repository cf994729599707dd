import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LaunchError, loadSandboxSettings, runUntilStopped } from '#config';
import { Command } from 'commander';
import { address, port, serviceUrl } from './arguments.js';
import { bodies, EnvelopeFilter } from './envelope.js';
import { Sandbox, SandboxModule } from './sandbox.module.js';

const DEFAULT_PORT = 3_100;
/** Less than a process has for its stop, which waits for a start under way. */
const START_TIMEOUT_MS = 15_000;

const program = new Command('sandbox')
  .description(
    'Simulated takers and makers for the Lockstep at a URL, and scenarios on a port of its own. The taker that it plays is that of ' +
      'SANDBOX_API_KEY and SANDBOX_TAKER_ADDRESS; settings are environment variables, see docs/sandbox.md.',
  )
  .requiredOption('--url <url>', 'where the service is', serviceUrl)
  .option('--port <port>', 'where scenarios are started, on HOST', port, DEFAULT_PORT)
  .option('--taker <address>', 'the taker whose bot scenarios try, unless they say otherwise', address)
  .allowExcessArguments(false)
  .parse();

await runUntilStopped(async () => {
  const options = program.opts<{ url: string; port: number; taker?: string }>();
  const settings = loadSandboxSettings();
  const { SANDBOX_API_KEY: apiKey, SANDBOX_TAKER_ADDRESS, HOST } = settings;
  if (apiKey === undefined || SANDBOX_TAKER_ADDRESS === undefined) {
    throw new LaunchError(
      'SANDBOX_API_KEY and SANDBOX_TAKER_ADDRESS must be set: they are of the taker that is simulated',
    );
  }
  const app = await NestFactory.create<NestFastifyApplication>(SandboxModule, new FastifyAdapter(), {
    logger: ['warn', 'error', 'fatal'],
  });
  app.useGlobalFilters(new EnvelopeFilter());
  app.useGlobalPipes(bodies());
  const { url, taker: botAddress } = options;
  const taker = { apiKey, address: SANDBOX_TAKER_ADDRESS };
  try {
    await inTime(app.get(Sandbox).start({ url, settings, taker, botAddress }));
  } catch (error) {
    throw new LaunchError(`cannot play against ${url}: ${reasonOf(error as Error)}`);
  }
  const listening = await listen(app, { port: options.port, host: HOST });
  process.stdout.write(
    `Lockstep sandbox plays against ${url}; scenarios on ${listening}/sandbox/scenarios\n`,
  );
  return () => app.close();
});

/** Not by Nest, which logs a failure before it throws it. Returns the URL. */
async function listen(app: NestFastifyApplication, on: { port: number; host: string }): Promise<string> {
  await app.init();
  try {
    return await app.getHttpAdapter().getInstance().listen(on);
  } catch (error) {
    throw new LaunchError(`cannot listen on --port ${on.port} of HOST: ${reasonOf(error as Error)}`);
  }
}

async function inTime(start: Promise<void>): Promise<void> {
  const late = delay(START_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`it did not let the simulated taker in within ${START_TIMEOUT_MS / 1000} s`);
  });
  await Promise.race([start, late]);
}

function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message || message : message;
}
