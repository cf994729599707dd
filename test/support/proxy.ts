import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '#database';
import { until } from './until.js';

export const NGINX = '/usr/sbin/nginx';
const CONFIG = 'deploy/nginx/nginx.conf';

/** The shipped configuration, with the default network written into it as the image of nginx does at start. */
export const shippedConfig = (): string =>
  readFileSync(CONFIG, 'utf8').replaceAll('${LOCKSTEP_NETWORK}', '10.31.7');

/** Where nginx keeps what it has not in memory; the compiled-in folders are root's. */
const SCRATCH = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** The real nginx with the configuration of deploy/, moved to this machine's addresses and to files for its logs. */
export class Proxy {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** @param readTimeout for how long an instance may say nothing */
  static async start(instances: [port: number, port: number], readTimeout = '75s'): Promise<Proxy> {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-nginx-'));
    // root's nginx works as nobody
    chmodSync(folder, 0o755);
    const port = await freePort();
    const scratch = SCRATCH.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n');
    const changes: [string, string][] = [
      ['listen 8080;', `listen 127.0.0.1:${port};`],
      ['10.31.7.11:3000', `127.0.0.1:${instances[0]}`],
      ['10.31.7.12:3000', `127.0.0.1:${instances[1]}`],
      ['proxy_read_timeout 75s;', `proxy_read_timeout ${readTimeout};`],
      ['/dev/stdout', `${folder}/calls.log`],
      ['/dev/stderr', `${folder}/errors.log`],
      ['http {', `http {\n${scratch}`],
    ];
    let config = shippedConfig();
    for (const [from, to] of changes) {
      if (config.split(from).length !== 2) throw new Error(`${CONFIG} does not have "${from}" once`);
      config = config.replace(from, to);
    }
    writeFileSync(join(folder, 'nginx.conf'), config);
    const process = spawn(NGINX, ['-p', folder, '-c', 'nginx.conf', '-g', `daemon off; pid ${folder}/pid;`]);
    const proxy = new Proxy(`http://127.0.0.1:${port}`, folder, process);
    await until(
      () =>
        fetch(`${proxy.url}/health/live`).then(
          () => true,
          () => false,
        ),
      'nginx to answer',
    );
    return proxy;
  }

  /** What nginx says of the configuration as it is; it throws when it is refused. */
  static check(): string {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-nginx-'));
    const file = join(folder, 'nginx.conf');
    writeFileSync(file, shippedConfig());
    // its logs, /dev/stdout and /dev/stderr, can be opened when they are a pipe, but not as Node's sockets
    const command = `"$0" -t -c "$1" -g "pid $2;" 2>&1 | cat`;
    try {
      return execFileSync('sh', ['-c', command, NGINX, file, join(folder, 'pid')]).toString();
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** What it has logged, of calls and of errors. */
  get log(): string {
    const files = ['calls.log', 'errors.log'].map((name) => join(this.folder, name));
    return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')).join('');
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await exited;
    rmSync(this.folder, { recursive: true });
  }
}
