import 'reflect-metadata';
import { resolve } from 'node:path';
import { loadDatabaseSettings, printable } from '#config';
import { placeOf } from '#database';
import { openDatabase, requireDatabase } from '#dev-postgres';
import { checkInvariants, type Finding } from '#trading';
import { Command, InvalidArgumentError } from 'commander';
import dataSource from '../../../ormconfig.js';

/** Exit codes: 0 when every invariant holds. */
const BROKEN = 1;
const NOT_CHECKED = 2;

const COUNT_WIDTH = 10;

/** Checks the database's invariants, prints what each check finds, and tells how many invariants are broken. */
async function verify(databaseUrl: string | undefined): Promise<number> {
  const settings = loadDatabaseSettings({
    ...process.env,
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  });
  requireDatabase(settings);
  const database = await openDatabase(settings, dataSource);
  let broken = 0;
  try {
    const place = placeOf(database.url);
    const embedded = database.embedded ? `, the embedded one of ${resolve(settings.DATA_DIR)}` : '';
    process.stdout.write(`database: ${place}${embedded}\n\n`);
    print('no', 'violations', 'invariant');
    const read = await checkInvariants(dataSource, (finding) => {
      report(finding);
      if (finding.violations > 0) broken += 1;
    });
    process.stdout.write(
      `\nread: ${read.orders} orders, ${read.requests} cancellation requests, ${read.fills} fills, ${read.events} events\n`,
    );
  } finally {
    await database.close();
  }
  return broken;
}

function report({ number, sentence, violations, examples }: Finding): void {
  print(String(number), String(violations), sentence);
  for (const example of examples) print('', '', `  ${example}`);
  if (violations > examples.length) print('', '', `  and ${violations - examples.length} more`);
}

function print(number: string, violations: string, text: string): void {
  process.stdout.write(`${number.padStart(2)}  ${violations.padStart(COUNT_WIDTH)}  ${text}\n`);
}

/** An unset variable in a script must not lead to another database than was meant. */
function notEmpty(url: string): string {
  if (url === '') throw new InvalidArgumentError('It must not be empty.');
  return url;
}

const program = new Command('verify')
  .description(
    `Checks the service's invariants on a database, without writing to it or holding anything up. ` +
      `Exit code ${BROKEN} when one is broken, ${NOT_CHECKED} when they could not be checked.`,
  )
  .option('--database-url <url>', "else DATABASE_URL's, else the embedded database of DATA_DIR", notEmpty)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : NOT_CHECKED))
  .action(async ({ databaseUrl }: { databaseUrl?: string }) => {
    const broken = await verify(databaseUrl);
    process.stdout.write(broken === 0 ? 'all hold\n' : `${broken} broken\n`);
    if (broken > 0) process.exitCode = BROKEN;
  });

await program.parseAsync().catch((error: Error) => {
  process.stderr.write(`lockstep: cannot check: ${printable(error.message)}\n`);
  process.exitCode = NOT_CHECKED;
});
