import 'reflect-metadata';
import type { Server } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadSettings, runUntilStopped, type Settings } from '#config';
import { asLaunchError } from '#database';
import { type OpenDatabase, openPreparedDatabase } from '#dev-postgres';
import { openTracer, type Tracer, TracingModule } from '#tracing';
import { OperatorService } from '#trading';
import { Logger } from 'nestjs-pino';
import dataSource from '../ormconfig.js';
import type { Sandbox, SandboxOptions } from '../apps/sandbox/src/sandbox.module.js';
import { AppModule } from './app.module.js';
import { configureApp } from './configure-app.js';
import { traceCalls } from './http/call-traces.js';
import { httpAdapter } from './http/http-adapter.js';
import { demoAccess, printWelcome, sandboxAccess } from './operations/demo-access.js';
import { requireFreePort } from './operations/require-free-port.js';

/** Connections that wait to be accepted: all clients may come back in the same second. The system caps it (net.core.somaxconn). */
const LISTEN_BACKLOG = 4_096;
/** As whom scenarios step in by hand. */
const SANDBOX_OPERATOR = 'sandbox';

/** Starts the service: settings, database, schema, HTTP and sockets. Resolves to what stops it in the opposite order. */
async function start(): Promise<() => Promise<void>> {
  const settings = loadSettings();
  const host = await requireFreePort(settings.HOST, settings.PORT);
  const database = await openPreparedDatabase(settings, dataSource);
  try {
    const tracer = await openTracer(settings, 'lockstep-api');
    const app = await serve(settings, host, database, tracer);
    return async () => {
      await app.close();
      await tracer?.close();
      await database.close();
    };
  } catch (error) {
    await database.close();
    throw asLaunchError(error, database.url);
  }
}

async function serve(
  settings: Settings,
  host: string,
  database: OpenDatabase,
  tracer: Tracer | undefined,
): Promise<NestFastifyApplication> {
  const sandbox =
    settings.SANDBOX === 'on' ? await import('../apps/sandbox/src/sandbox.module.js') : undefined;
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(settings, dataSource, [
      ...(sandbox ? [sandbox.SandboxModule] : []),
      ...(tracer ? [TracingModule.with(tracer)] : []),
    ]),
    httpAdapter(settings),
    // until it is started: the framework's list of modules and routes is of no use to an operator
    { bodyParser: false, logger: ['warn', 'error', 'fatal'], abortOnError: false },
  );
  configureApp(app);
  if (tracer) traceCalls(app, tracer);
  await app.init();
  app.useLogger(app.get(Logger));
  // an address: by a name, Fastify would open a second server for each further address of it, without our rules
  await app.listen({ port: settings.PORT, host, backlog: LISTEN_BACKLOG });
  const { address, port } = (app.getHttpServer() as Server).address() as AddressInfo;
  app.get(Logger).log(`Lockstep listens on http://${isIPv6(address) ? `[${address}]` : address}:${port}`);
  // the application's URL is one that a client on this machine can call, also where every address is bound
  const url = await app.getUrl();
  const demo = database.embedded ? await demoAccess(app, settings.DATA_DIR) : undefined;
  if (demo) printWelcome(address, url, demo, settings);
  if (sandbox) {
    openSandbox(app, app.get(sandbox.Sandbox), { url, settings, botAddress: demo?.taker_address }).catch(
      (error: Error) => app.get(Logger).warn(`the sandbox stays closed: ${error.message}`),
    );
  }
  return app;
}

/** The service does not wait for it, and serves also where its sandbox cannot play. */
async function openSandbox(
  app: NestFastifyApplication,
  sandbox: Sandbox,
  options: Pick<SandboxOptions, 'url' | 'settings' | 'botAddress'> & { settings: Settings },
): Promise<void> {
  const operator = app.get(OperatorService);
  await sandbox.start({
    ...options,
    taker: await sandboxAccess(app, options.settings.DATA_DIR),
    operator: {
      suspend: (order_hash) =>
        operator.suspend(SANDBOX_OPERATOR, { order_hash }, 'a scenario of the sandbox'),
      resume: (order_hash) => operator.resume(SANDBOX_OPERATOR, { order_hash }),
    },
  });
}

await runUntilStopped(start);
