/** After this the process ends, stopped cleanly or not. */
const STOP_TIMEOUT_MS = 20_000;

/** A process cannot start, for a reason that its operator can mend; the message is the one line that is printed. */
export class LaunchError extends Error {}

/** Stops once, at the first SIGINT or SIGTERM; a terminal and npm both pass the same Ctrl-C on, so more may come. */
export function onStopSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const stopOnce = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => endWith('the process did not stop in time'), STOP_TIMEOUT_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: Error) => endWith(`the process did not stop cleanly: ${error.message}`),
    );
  };
  process.on('SIGINT', stopOnce).on('SIGTERM', stopOnce);
}

/** Ends a process that could not start: one line for the operator; a bug comes with its stack. */
export function endLaunch(error: Error): never {
  return endWith(error instanceof LaunchError ? error.message : (error.stack ?? String(error)));
}

function endWith(line: string): never {
  process.stderr.write(`lockstep: ${line}\n`);
  process.exit(1);
}
