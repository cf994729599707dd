import { printable, printableLines } from './printable.js';

/** After this the process ends, stopped cleanly or not: what stops it by force must wait longer. */
export const STOP_TIMEOUT_MS = 20_000;

/** A process cannot start, for a reason that its operator can mend; the message is the one line that is printed. */
export class LaunchError extends Error {}

/**
 * Runs a process from its start to SIGINT, SIGTERM or SIGHUP. `start` resolves to what stops it again; a signal that
 * comes while it still starts waits for that, so that nothing is left behind half-started. A terminal and npm both
 * pass the same Ctrl-C on, so further signals are ignored. A failed start ends the process with one line.
 */
export async function runUntilStopped(start: () => Promise<() => Promise<void>>): Promise<void> {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => endWith('the process did not stop in time'), STOP_TIMEOUT_MS).unref();
    started
      .then((close) => close())
      .then(
        () => process.exit(0),
        (error: Error) => endWith(`the process did not stop cleanly: ${error.message}`),
      );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
  const started = start();
  await started.catch((error: Error) => endWith(lastLine(error)));
}

/** What a process says of the error that ends it: one line for what an operator can mend; a bug comes with its stack. */
export function lastLine(error: Error): string {
  return error instanceof LaunchError
    ? printable(error.message)
    : printableLines(error.stack ?? String(error));
}

function endWith(line: string): never {
  process.stderr.write(`lockstep: ${line}\n`);
  process.exit(1);
}
