import { totalmem } from 'node:os';
import { LaunchError, loadSettings } from '#config';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import type { DataSource } from 'typeorm';
import { ServerProcess } from '../support/server-process.js';

export const DATA_DIR = '.data/bench';

const GIB = 1024 ** 3;
/**
 * What is set of PostgreSQL, for everybody alike: a quarter of the memory as buffers, as PostgreSQL's documentation
 * advises, and one checkpoint, after seeding. WAL has each page whole at its first change after one: with a checkpoint
 * before each run every answer would write 58 KB of it, where it writes 5 KB else.
 */
const SIZES = {
  shared_buffers: `${Math.max(1, Math.round(totalmem() / 4 / GIB))}GB`,
  max_wal_size: '32GB',
  checkpoint_timeout: '1h',
};
/** What makes a commit durable: without them a figure would mean nothing. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' };

/** Whose tables there are. */
export type Schema = 'service' | 'lean' | 'textbook';

/** Where the figure `traces` takes spans. */
export const COLLECTOR_PORT = 4318;

interface ContenderOptions {
  program: string;
  /** Whose tables it works on. */
  schema: Schema;
  environment?: NodeJS.ProcessEnv;
}

/** The servers that are measured side by side. */
export const CONTENDERS = {
  service: { program: 'dist/src/main.js', schema: 'service' },
  traced: {
    program: 'dist/src/main.js',
    schema: 'service',
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${COLLECTOR_PORT}` },
  },
  bare: { program: 'dist/bench/speed/lean/server.js', schema: 'lean' },
  textbook: { program: 'dist/bench/speed/textbook/server.js', schema: 'textbook' },
} satisfies Record<string, ContenderOptions>;
export type Contender = keyof typeof CONTENDERS;

export function startPostgres(): Promise<EmbeddedPostgres> {
  const settings = Object.entries(SIZES).map(([name, value]) => `-c ${name}=${value}`);
  return EmbeddedPostgres.start(DATA_DIR, settings.join(' '));
}

/** What PostgreSQL is like that runs here. */
export interface DatabaseServer {
  version: string;
  /** `on` or `off`: it takes them for its buffers where the machine has them set apart (`vm.nr_hugepages`). */
  hugePages: string;
}

/** What PostgreSQL is like, once it is known to run as it should: a cluster that was running already may not. */
export async function requireSettings(dataSource: DataSource): Promise<DatabaseServer> {
  for (const [name, value] of Object.entries({ ...DURABLE, ...SIZES })) {
    const [row] = await dataSource.query<[Record<string, string>]>(`SHOW ${name}`);
    if (row[name] !== value) throw new LaunchError(`PostgreSQL runs with ${name}=${row[name]}, not ${value}`);
  }
  const [server] = await dataSource.query<[DatabaseServer]>(
    `SELECT current_setting('server_version') AS version, current_setting('huge_pages_status') AS "hugePages"`,
  );
  return server;
}

/** A server as in production, but that it limits nobody's calls, leaves the timers to a worker, and logs no calls. */
export async function startServer(contender: Contender, databaseUrl: string): Promise<ServerProcess> {
  const port = await freePort();
  const { JWT_SECRET, MASTER_KEY } = loadSettings({ DATA_DIR });
  const { program, environment }: ContenderOptions = CONTENDERS[contender];
  return ServerProcess.startAt(`http://127.0.0.1:${port}`, program, {
    ...environment,
    DATABASE_URL: databaseUrl,
    HOST: '127.0.0.1',
    PORT: String(port),
    NODE_ENV: 'production',
    NODE_OPTIONS: '--max-semi-space-size=64',
    JWT_SECRET,
    MASTER_KEY,
    WORKER: 'off',
    RATE_LIMIT_PER_SECOND: '0',
    MAX_OPEN_ORDERS_PER_MAKER: '0',
    ORDERS_PER_MINUTE_PER_MAKER: '0',
    MAX_LOCKS_PER_TAKER: '0',
    LOGINS_PER_MINUTE_PER_ADDRESS: '0',
    ORDERS_PER_MINUTE_PER_ADDRESS: '0',
    LOG_LEVEL: 'warn',
  });
}
