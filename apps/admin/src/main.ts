import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { endLaunch, LaunchError, loadSettings, type Settings } from '#config';
import { migrate, openDatabase, prepareSchema } from '#database';
import { TradingError } from '#trading';
import dataSource from '../../../ormconfig.js';
import { adminProgram } from './admin-program.js';
import { AdminModule } from './admin.module.js';

/** Opens the service's database, prints the command's answer as JSON, and leaves the database as it was found. */
async function printed(command: (settings: Settings, url: string) => Promise<unknown>): Promise<void> {
  const settings = loadSettings();
  const database = await openDatabase(settings, dataSource);
  try {
    const answer = await command(settings, database.url);
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  } catch (error) {
    throw error instanceof TradingError ? new LaunchError(error.details) : error;
  } finally {
    await database.close();
  }
}

const program = adminProgram({
  onService: (command) =>
    printed(async (settings, url) => {
      await prepareSchema(settings, dataSource, url);
      const module = AdminModule.with(settings, dataSource);
      return command(await NestFactory.createApplicationContext(module, { logger: ['error', 'fatal'] }));
    }),
  migrate: () => printed(async (_, url) => ({ applied: await migrate(dataSource, url) })),
});

await program.parseAsync().catch(endLaunch);
