import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LaunchError, type Settings } from '#config';
import { migrate } from '#database';
import { EmbeddedPostgres } from '#dev-postgres';
import {
  ApiKeysService,
  CancellationRequest,
  checkInvariants,
  type Finding,
  NEEDS_A_WORKER,
  OPEN_STATUSES,
  TakersService,
} from '#trading';
import { DataSource, In } from 'typeorm';
import ormconfig from '../../../ormconfig.js';
import { run } from './run.js';
import type { Tell } from './steps.js';
import { unlessAborted } from './unless-aborted.js';

const RESTORE_SCRIPT = fileURLToPath(
  new URL('../../../../deploy/kubernetes/backup/restore.sh', import.meta.url),
);
/** Nothing in it has to outlast the machine. */
const POSTGRES_OPTIONS = '-c fsync=off -c full_page_writes=off';

/** A database in a new cluster of its own, which is gone when it is discarded. */
export class RestoredDatabase {
  private cluster: EmbeddedPostgres | undefined;
  private connected: DataSource | undefined;

  constructor(
    private readonly folder: string,
    private readonly signal: AbortSignal,
  ) {}

  async start(major: number, tell: Tell): Promise<void> {
    this.cluster = await EmbeddedPostgres.ofMajor(major, join(this.folder, 'cluster'), POSTGRES_OPTIONS);
    await this.cluster.start();
    const options = { ...ormconfig.options, url: this.url } as typeof ormconfig.options;
    this.connected = await new DataSource(options).initialize();
    const [{ server_version }] =
      await this.dataSource.query<[{ server_version: string }]>('SHOW server_version');
    tell(`PostgreSQL ${server_version}`);
  }

  get url(): string {
    return this.cluster!.url();
  }

  get dataSource(): DataSource {
    return this.connected!;
  }

  async restore(dump: string, tell: Tell): Promise<void> {
    const { PATH, HOME } = process.env;
    await run(['bash', RESTORE_SCRIPT, dump], { PATH, HOME, DATABASE_URL: this.url }, this.signal);
    tell('the dump is in a new database');
  }

  async migrate(tell: Tell): Promise<void> {
    const applied = await unlessAborted(this.signal, migrate(this.dataSource, this.url));
    tell(applied.length > 0 ? `applied ${applied.join(', ')}` : 'is up to date');
  }

  /** What ran out a moment ago waits for a worker; that is no fault of the dump. */
  async verify(tell: Tell): Promise<void> {
    const broken: Finding[] = [];
    const check = checkInvariants(this.dataSource, (finding) => {
      if (finding.violations > 0 && finding.number !== NEEDS_A_WORKER) broken.push(finding);
    });
    const { orders, requests, fills, events } = await unlessAborted(this.signal, check);
    if (broken.length > 0) throw new LaunchError(broken.map(sentenceOf).join('; '));
    tell(
      `all invariants hold: ${orders} orders, ${requests} cancellation requests, ${fills} fills, ${events} events`,
    );
  }

  /** Makes a key of a taker, or of a new one. Here anybody may come in. */
  async admit(known: string | undefined, settings: Settings): Promise<{ takerId: string; apiKey: string }> {
    const address = `0x${randomBytes(20).toString('hex')}`;
    const takerId = known ?? (await new TakersService(this.dataSource).create('drill', [address])).takerId;
    await this.dataSource.query(
      `UPDATE takers SET status = 'active', require_certificate = false WHERE id = $1`,
      [takerId],
    );
    return { takerId, ...(await new ApiKeysService(this.dataSource, settings).create(takerId)) };
  }

  /** The ids of what a taker has been asked and has not answered. */
  async openRequestsOf(takerId: string): Promise<string[]> {
    const open = { taker_id: takerId, status: In([...OPEN_STATUSES]) };
    return (await this.dataSource.getRepository(CancellationRequest).findBy(open)).map(({ id }) => id);
  }

  /** However far it has come. The cluster goes first, since a check may be under way that takes long. */
  async discard(): Promise<void> {
    await this.cluster?.discard();
    await this.connected?.destroy();
  }
}

function sentenceOf({ number, sentence, violations, examples }: Finding): string {
  return `invariant ${number} is broken ("${sentence}"), ${violations} times, such as ${examples.join(', ')}`;
}
