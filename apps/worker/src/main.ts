import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { endLaunch, loadSettings, onStopSignal } from '#config';
import { openDatabase, prepareSchema } from '#database';
import dataSource from '../../../ormconfig.js';
import { WorkerModule } from './worker.module.js';

/** The worker as a process of its own, beside API processes with WORKER=off. */
async function start(): Promise<void> {
  const settings = loadSettings();
  const database = await openDatabase(settings, dataSource);
  await prepareSchema(settings, dataSource, database.url);
  const worker = await NestFactory.createApplicationContext(WorkerModule.with(settings, dataSource), {
    logger: ['log', 'warn', 'error', 'fatal'],
  });
  onStopSignal(async () => {
    await worker.close();
    await database.close();
  });
}

await start().catch(endLaunch);
