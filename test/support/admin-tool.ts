import { expect } from '@jest/globals';
import { lastLine } from '#config';
import { Command, CommanderError } from 'commander';
import { DataSource } from 'typeorm';
import { adminProgram } from '../../apps/admin/src/admin-program.js';
import { adminRunner } from '../../apps/admin/src/admin-runner.js';
import dataSource from '../../ormconfig.js';
import { TEST_ENVIRONMENT } from './service.js';

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** The operator's tool on a database, each command with connections of its own; test/launch.spec.ts has it as a process. */
export class AdminTool {
  constructor(
    private readonly databaseUrl: string,
    private readonly settings: NodeJS.ProcessEnv = {},
  ) {}

  async run(...args: string[]): Promise<Run> {
    const said: Run = { code: 0, stdout: '', stderr: '' };
    const print = (text: string): void => void (said.stdout += text);
    const warn = (text: string): void => void (said.stderr += text);
    const environment = { ...TEST_ENVIRONMENT, ...this.settings, DATABASE_URL: this.databaseUrl };
    const program = new Command('admin').exitOverride().configureOutput({ writeOut: print, writeErr: warn });
    try {
      const runner = adminRunner(environment, new DataSource(dataSource.options), print);
      await adminProgram(runner, program).parseAsync(args, { from: 'user' });
    } catch (error) {
      if (!(error instanceof CommanderError)) warn(`lockstep: ${lastLine(error as Error)}\n`);
      said.code = error instanceof CommanderError ? error.exitCode : 1;
    }
    return said;
  }

  /** What a command prints when all is well. */
  async text(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- tests compare answers literally
  async json(...args: string[]): Promise<any> {
    return JSON.parse(await this.text(...args));
  }

  /** What is said of a command that cannot be done. */
  async refusal(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    return stderr;
  }
}
