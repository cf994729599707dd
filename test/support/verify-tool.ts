import { execFile } from 'node:child_process';
import type { Run } from './admin-tool.js';

/** The built `npm run verify`, a process of its own with nothing in its environment but what is given. */
export function runVerify(args: string[], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, ...env } };
    execFile(process.execPath, ['dist/apps/verify/src/main.js', ...args], options, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
