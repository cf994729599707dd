import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const CLIENT = 'libs/client';
/** Where the build puts the packages that others install. */
const PACKAGES = 'dist/clients';
export const clientPackage = (name: 'client' | 'cli'): string =>
  join(
    PACKAGES,
    readdirSync(PACKAGES).find((file) => file.startsWith(`lockstep-desk-${name}-`))!,
  );
const NAME = '@lockstep-desk/client';
const HANDSHAKE = 'test/client-package/handshake.ts';
export const README = readFileSync(join(CLIENT, 'README.md'), 'utf8');
const run = promisify(execFile);

/** The client as the build packs it, unpacked in a project of its own beside nothing but what it declares. */
export class InstalledClient {
  private constructor(
    readonly folder: string,
    readonly tarball: string,
    /** What it holds. */
    readonly files: string[],
  ) {}

  static async unpack(): Promise<InstalledClient> {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-client-'));
    const tarball = clientPackage('client');
    const home = join(folder, 'node_modules', NAME);
    mkdirSync(home, { recursive: true });
    const unpack = await run('tar', ['xvf', tarball, '--strip-components=1', '-C', home]);
    const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    for (const name of [...Object.keys(dependencies), '@types']) {
      const link = join(folder, 'node_modules', name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(resolve('node_modules', name), link);
    }
    return new InstalledClient(folder, basename(tarball), unpack.stdout.trim().split('\n'));
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  /** Compiles the README's programs, and one that is an ES module and, in a folder of its own, CommonJS. */
  async compilePrograms(): Promise<void> {
    this.write('package.json', JSON.stringify({ type: 'module' }));
    this.write('commonjs/package.json', JSON.stringify({ type: 'commonjs' }));
    this.write('taker.ts', sample('taker'));
    this.write('maker.ts', sample('maker'));
    const programs = ['taker.ts', 'maker.ts', 'handshake.ts', 'commonjs/handshake.ts'];
    for (const program of programs.slice(2)) copyFileSync(HANDSHAKE, this.path(program));
    // with node16 CommonJS gets nothing that is an ES module alone
    await this.compile('--module', 'node16', '--types', 'node', ...programs);
  }

  /** As a user with strict settings would. */
  async compile(...args: string[]): Promise<void> {
    const options = ['--strict', '--skipLibCheck', '--target', 'es2023', ...args];
    await this.run('tsc', ...options).catch((error: { stdout: string }) => {
      throw new Error(`it does not compile:\n${error.stdout}`);
    });
  }

  /** One of our tools, in the project; resolves with what it complains of. */
  async run(tool: string, ...args: string[]): Promise<string> {
    return (await run(resolve('node_modules/.bin', tool), args, { cwd: this.folder })).stderr;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** A program of the README. */
export function sample(name: string): string {
  return new RegExp(`\`\`\`ts ${name}\n(.*?)\`\`\``, 's').exec(README)![1]!;
}
