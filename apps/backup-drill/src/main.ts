import 'reflect-metadata';
import { accessSync, constants } from 'node:fs';
import { printable } from '#config';
import { Command, InvalidArgumentError } from 'commander';
import { drill } from './drill.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function readableFile(path: string): string {
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch (error) {
    throw new InvalidArgumentError(`The file cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** What is under way is ended, and what was made is removed. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of STOP_SIGNALS)
    process.on(name, () => controller.abort(new Error(`interrupted by ${name}`)));
  return controller.signal;
}

new Command('backup-drill')
  .description(
    'Restores a dump into a PostgreSQL of its own, checks the invariants there, starts the service on it and has a taker go on ' +
      'from before the dump. It needs the programs pg_dump, pg_restore and psql, and room for the dump and the database in ' +
      'TMPDIR; of the database of DATABASE_URL (else the embedded one of DATA_DIR) it only reads, and it leaves nothing behind. ' +
      'Exit code 1 when a step fails.',
  )
  .option('--dump <file>', 'a dump that was made before; a new one is made when left out', readableFile)
  .allowExcessArguments(false)
  .action(async ({ dump }: { dump?: string }) => {
    await drill(dump, interruption());
    process.stdout.write('the back-up is good\n');
  })
  .parseAsync()
  .catch((error: Error) => {
    process.stderr.write(`lockstep: ${printable(error.message)}\n`);
    process.exitCode = 1;
  });
