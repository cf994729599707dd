import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '#config';
import { freePort } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import { isHealthy } from './health.js';
import { OwnService } from './own-service.js';
import type { Screen } from './screen.js';

/** The service that the demo plays against. */
export interface Service {
  url: string;
  /** Whether somebody else started it; then it stays as it is. */
  found: boolean;
  leave(): Promise<void>;
}

/** Uses the service that answers on HOST:PORT, or starts one for the time of the play. */
export async function reachService(
  settings: Environment,
  screen: Screen,
  signal: AbortSignal,
): Promise<Service> {
  const { HOST, PORT } = settings;
  const url = urlOf(HOST, PORT);
  if (await isHealthy(`${url}/health/live`)) {
    screen.note(`Lockstep already answers on ${url}: the demo uses it, and leaves it running.`);
    return { url, found: true, leave: () => Promise.resolve() };
  }
  const taken = PORT !== 0 && !(await canListen(HOST, PORT));
  const found = taken ? `Something else than Lockstep listens on ${url}` : `Nobody listens on ${url}`;
  screen.note(`${found}, so the demo starts a service of its own${taken ? ' on another port' : ''} …`);
  const began = performance.now();
  const port = taken || PORT === 0 ? await freePort() : PORT;
  const stage = Stage.for(settings);
  if (stage.isOwn)
    screen.note('There is no database yet: it plays on one of its own, which is gone afterwards.');
  const service = await OwnService.start(urlOf(HOST, port), port, signal).catch((error: unknown) => {
    stage.clear();
    throw error;
  });
  screen.note(`Ready on ${service.url} after ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  return {
    url: service.url,
    found: false,
    leave: async () => {
      await service.stop();
      stage.clear();
    },
  };
}

/** Where the demo's own service keeps its embedded database: where there is one, or else in a folder for the time of the play. */
class Stage {
  private constructor(private readonly folder: string | undefined) {}

  static for({ DATABASE_URL, DATA_DIR }: Environment): Stage {
    if (DATABASE_URL || EmbeddedPostgres.isIn(DATA_DIR)) return new Stage(undefined);
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-demo-'));
    // for the service, and for the operator's tool
    process.env.DATA_DIR = folder;
    return new Stage(folder);
  }

  get isOwn(): boolean {
    return this.folder !== undefined;
  }

  /** A database that was not stopped keeps its files. */
  clear(): void {
    if (!this.folder || existsSync(join(this.folder, 'postgres', 'postmaster.pid'))) return;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where a client on this machine finds a service that listens on a host; "all interfaces" is no address to call. */
function urlOf(host: string, port: number): string {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

async function canListen(host: string, port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
