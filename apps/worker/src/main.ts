import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { loadDatabaseSettings, loadSettings, runUntilStopped } from '#config';
import { asLaunchError } from '#database';
import { openPreparedDatabase, requireDatabase } from '#dev-postgres';
import { openTracer } from '#tracing';
import { Logger } from 'nestjs-pino';
import dataSource from '../../../ormconfig.js';
import { WorkerModule } from './worker.module.js';

/** The worker as a process of its own, beside API processes with WORKER=off. */
async function start(): Promise<() => Promise<void>> {
  requireDatabase(loadDatabaseSettings());
  const settings = loadSettings();
  const database = await openPreparedDatabase(settings, dataSource);
  const tracer = await openTracer(settings, 'lockstep-worker');
  const worker = await NestFactory.createApplicationContext(WorkerModule.with(settings, dataSource, tracer), {
    logger: ['warn', 'error', 'fatal'],
    abortOnError: false,
  }).catch((error: unknown) => {
    throw asLaunchError(error, database.url);
  });
  worker.useLogger(worker.get(Logger));
  worker.get(Logger).log('Lockstep worker runs');
  return async () => {
    await worker.close();
    await tracer?.close();
    await database.close();
  };
}

await runUntilStopped(start);
