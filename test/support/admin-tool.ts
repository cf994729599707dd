import { execFile } from 'node:child_process';
import { expect } from '@jest/globals';
import { TEST_ENVIRONMENT } from './service.js';

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** The built operator's tool on a database, each command a process of its own. */
export class AdminTool {
  constructor(private readonly databaseUrl: string) {}

  run(...args: string[]): Promise<Run> {
    const env = { PATH: process.env.PATH, ...TEST_ENVIRONMENT, DATABASE_URL: this.databaseUrl };
    return new Promise((resolve) => {
      execFile(process.execPath, ['dist/apps/admin/src/main.js', ...args], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
      );
    });
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
