import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadToolSettings } from '#config';
import { type MissedMessages, readMissed } from './missed-messages.js';
import { RestoredDatabase } from './restored-database.js';
import { RestoredService } from './restored-service.js';
import { resume } from './resume.js';
import { dumpSource, givenDump } from './source.js';
import { Steps, type Tell } from './steps.js';
import { unlessAborted } from './unless-aborted.js';

/**
 * Restores a dump of the service's database, or one that was made before, as the documents say, and sees that the service goes
 * on from it. The source is read only, and what is made for the drill is gone afterwards, whatever happened.
 */
export async function drill(given: string | undefined, signal: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-drill-'));
  // started by root, PostgreSQL runs as a user of its own, who before version 16 has to find its way by this folder's name
  chmodSync(folder, 0o711);
  const steps = new Steps(signal);
  const database = new RestoredDatabase(folder, signal);
  let service: RestoredService | undefined;
  try {
    const dump = await steps.take('dump', (tell) =>
      given === undefined ? dumpSource(folder, signal, tell) : givenDump(given, signal, tell),
    );
    await steps.take('cluster', (tell) => database.start(dump.major, tell));
    await steps.take('restore', (tell) => database.restore(dump.file, tell));
    await steps.take('schema', (tell) => database.migrate(tell));
    await steps.take('verify', (tell) => database.verify(tell));
    const missed = dump.missed ?? (await readMissed(database.dataSource));
    const environment = environmentFor(database.url, folder);
    service = new RestoredService(environment);
    const url = await steps.take('start', (tell) => serve(service!, signal, tell));
    await steps.take('resume', (tell) => comeBack({ database, environment, url, missed, signal }, tell));
  } finally {
    await service?.stop();
    await database.discard();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Nothing of this process's own environment, which may name a bus, a chain or a port of the service in production. */
function environmentFor(databaseUrl: string, folder: string): NodeJS.ProcessEnv {
  const secret = (): string => randomBytes(32).toString('hex');
  const { PATH, HOME } = process.env;
  return {
    PATH,
    HOME,
    DATABASE_URL: databaseUrl,
    DATA_DIR: join(folder, 'service'),
    PORT: '0',
    JWT_SECRET: secret(),
    MASTER_KEY: secret(),
    // it would end what has run out, and drop old events by another EVENT_RETENTION_DAYS
    WORKER: 'off',
  };
}

/** What is interrupted meanwhile is stopped with the rest. */
async function serve(service: RestoredService, signal: AbortSignal, tell: Tell): Promise<string> {
  const url = await unlessAborted(signal, service.start());
  tell(`the service serves it on ${url}`);
  return url;
}

interface ComeBack {
  database: RestoredDatabase;
  environment: NodeJS.ProcessEnv;
  url: string;
  missed: MissedMessages;
  signal: AbortSignal;
}

async function comeBack({ database, environment, url, missed, signal }: ComeBack, tell: Tell): Promise<void> {
  const { after, messages } = missed;
  const { takerId, apiKey } = await database.admit(missed.takerId, loadToolSettings(environment));
  const openRequests = await database.openRequestsOf(takerId);
  await resume({ url, apiKey, after, messages, openRequests, signal }, tell);
}
