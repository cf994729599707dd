#!/usr/bin/env node
import { run } from './run.js';

// the process list shows this instead of the arguments, among which there may be a key
process.title = 'lockstep';

process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  // "lockstep listen | head -1": who reads has had enough
  if (code === 'EPIPE') process.exit(0);
  process.stderr.write(`lockstep: cannot write what was asked for: ${message}\n`, () => process.exit(1));
});
// nobody reads what is said beside it; the exit code tells
process.stderr.on('error', () => {});

const stop = new AbortController();

process.exitCode = await run(process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  input: process.stdin,
  takeInterrupts: () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
    return stop.signal;
  },
});
