import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import {
  LaunchError,
  loadDatabaseSettings,
  loadSettings,
  printableLines,
  runUntilStopped,
  type Settings,
} from '#config';
import { asLaunchError, migrate, openDatabase, openPreparedDatabase, requireDatabase } from '#database';
import { BrokenInvariantError, TradingError } from '#trading';
import dataSource from '../../../ormconfig.js';
import { adminProgram } from './admin-program.js';
import { AdminModule } from './admin.module.js';

/** Opens the service's database, prints the command's answer (JSON, or a page of text), and leaves the database as it was found. */
async function printed(
  open: typeof openPreparedDatabase,
  command: (settings: Settings, url: string) => Promise<unknown>,
): Promise<void> {
  requireDatabase(loadDatabaseSettings());
  const settings = loadSettings();
  const database = await open(settings, dataSource);
  try {
    const answer = await command(settings, database.url);
    const text = typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2);
    // what others wrote can neither speak to the terminal nor turn text around; JSON reads the same
    process.stdout.write(`${printableLines(text)}\n`);
  } catch (error) {
    if (error instanceof TradingError) throw new LaunchError(error.details);
    if (error instanceof BrokenInvariantError) {
      throw new LaunchError(`the order's data contradicts itself: ${error.message}`);
    }
    throw asLaunchError(error, database.url);
  } finally {
    await database.close();
  }
}

const program = adminProgram({
  onService: (command) =>
    printed(openPreparedDatabase, async (settings) => {
      const module = AdminModule.with(settings, dataSource);
      return command(await NestFactory.createApplicationContext(module, { logger: ['error', 'fatal'] }));
    }),
  migrate: () => printed(openDatabase, async (_, url) => ({ applied: await migrate(dataSource, url) })),
});

// a command is not cut short by a signal: it would leave an embedded database running that it has started
await runUntilStopped(async () => {
  await program.parseAsync();
  return async () => {};
});
