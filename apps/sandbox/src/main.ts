import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { ValidationPipe } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { LaunchError, loadSandboxSettings, runUntilStopped } from '#config';
import { Command } from 'commander';
import { EnvelopeFilter, Refusal } from './envelope.js';
import { Sandbox, SandboxModule } from './sandbox.module.js';

const DEFAULT_PORT = '3100';

const program = new Command('sandbox')
  .description(
    'Simulated takers and makers for the Lockstep at a URL, and scenarios on a port of its own. The taker that it plays is that of ' +
      'SANDBOX_API_KEY and SANDBOX_TAKER_ADDRESS; settings are environment variables, see docs/sandbox.md.',
  )
  .requiredOption('--url <url>', 'where the service is')
  .option('--port <port>', 'where scenarios are started, on HOST', DEFAULT_PORT)
  .option('--taker <address>', 'the taker whose bot scenarios try, unless they say otherwise')
  .allowExcessArguments(false)
  .parse();

await runUntilStopped(async () => {
  const { url, port, taker: botAddress } = program.opts<{ url: string; port: string; taker?: string }>();
  const settings = loadSandboxSettings();
  const { SANDBOX_API_KEY: apiKey, SANDBOX_TAKER_ADDRESS: address, HOST } = settings;
  if (!URL.canParse(url)) throw new LaunchError('--url must be a URL such as http://127.0.0.1:3000');
  if (apiKey === undefined || address === undefined) {
    throw new LaunchError(
      'SANDBOX_API_KEY and SANDBOX_TAKER_ADDRESS must be set: they are of the taker that is simulated',
    );
  }
  const app = await NestFactory.create<NestFastifyApplication>(SandboxModule, new FastifyAdapter(), {
    logger: ['warn', 'error', 'fatal'],
  });
  app.useGlobalFilters(new EnvelopeFilter());
  app.useGlobalPipes(bodies());
  const taker = { apiKey, address };
  await app
    .get(Sandbox)
    .start({ url, settings, taker, botAddress })
    .catch((error: Error) => {
      throw new LaunchError(`cannot play against ${url}: ${reasonOf(error)}`);
    });
  await app.listen(Number(port), HOST);
  process.stdout.write(
    `Lockstep sandbox plays against ${url}; scenarios on ${await app.getUrl()}/sandbox/scenarios\n`,
  );
  return () => app.close();
});

function reasonOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message || message : message;
}

/** As the service reads them. */
function bodies(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) =>
      new Refusal(
        400,
        'Invalid parameter',
        errors
          .map(({ property, constraints }) => `${property} ${Object.values(constraints ?? {}).join(' and ')}`)
          .join('; '),
      ),
  });
}
