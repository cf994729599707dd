import 'reflect-metadata';
import { runUntilStopped } from '#config';
import dataSource from '../../../ormconfig.js';
import { adminProgram } from './admin-program.js';
import { adminRunner } from './admin-runner.js';

const program = adminProgram(adminRunner(process.env, dataSource, (text) => process.stdout.write(text)));

// a command is not cut short by a signal: it would leave an embedded database running that it has started
await runUntilStopped(async () => {
  await program.parseAsync();
  return async () => {};
});
