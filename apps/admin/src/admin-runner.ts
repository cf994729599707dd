import { type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LaunchError, loadDatabaseSettings, loadToolSettings, printableLines, type Settings } from '#config';
import { asLaunchError, migrate } from '#database';
import { openDatabase, openPreparedDatabase, requireDatabase } from '#dev-postgres';
import { BrokenInvariantError, TradingError } from '#trading';
import type { DataSource } from 'typeorm';
import { AdminModule } from './admin.module.js';

/** How commands reach the service's database: `onService` with its schema brought up to date, or to migrate alone. */
export interface AdminRunner {
  onService(command: (context: INestApplicationContext) => Promise<unknown>): Promise<void>;
  migrate(): Promise<void>;
}

/** Works on the database of an environment, prints each command's answer, and leaves the database as it was found. */
export function adminRunner(
  environment: NodeJS.ProcessEnv,
  dataSource: DataSource,
  print: (text: string) => void,
): AdminRunner {
  /** An answer is JSON, or a page of text. */
  async function printed(
    open: typeof openPreparedDatabase,
    command: (settings: Settings, url: string) => Promise<unknown>,
  ): Promise<void> {
    requireDatabase(loadDatabaseSettings(environment));
    const settings = loadToolSettings(environment);
    const database = await open(settings, dataSource);
    try {
      const answer = await command(settings, database.url);
      const text = typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2);
      // what others wrote can neither speak to the terminal nor turn text around; JSON reads the same
      print(`${printableLines(text)}\n`);
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

  return {
    onService: (command) =>
      printed(openPreparedDatabase, async (settings) => {
        const module = AdminModule.with(settings, dataSource);
        // what a command comes to is printed here, once: no log beside it
        const options = { logger: false, abortOnError: false } as const;
        const context = await NestFactory.createApplicationContext(module, options);
        try {
          return await command(context);
        } finally {
          await context.close();
        }
      }),
    migrate: () => printed(openDatabase, async (_, url) => ({ applied: await migrate(dataSource, url) })),
  };
}
