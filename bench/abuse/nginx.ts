import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '#database';

const NGINX = '/usr/sbin/nginx';
const CONFIG = 'deploy/nginx/nginx.conf';
const SCRATCH = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export interface Nginx {
  url: string;
  stop(): Promise<void>;
}

/** The shipped reverse proxy before one instance; undefined where there is no nginx. */
export async function startNginx(instance: URL): Promise<Nginx | undefined> {
  if (!existsSync(NGINX)) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-nginx-'));
  chmodSync(folder, 0o755); // root's nginx works as nobody
  const port = await freePort();
  const config = readFileSync(CONFIG, 'utf8')
    .replace('listen 8080;', `listen 127.0.0.1:${port};`)
    .replaceAll('${LOCKSTEP_NETWORK}', '10.31.7')
    .replace('10.31.7.11:3000', instance.host)
    .replace(/^.*10\.31\.7\.12:3000.*$/m, '')
    .replaceAll('/dev/stdout', `${folder}/calls.log`)
    .replaceAll('/dev/stderr', `${folder}/errors.log`)
    .replace('http {', `http {\n${SCRATCH.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}`);
  writeFileSync(join(folder, 'nginx.conf'), config);
  const child = spawn(NGINX, ['-p', folder, '-c', 'nginx.conf', '-g', `daemon off; pid ${folder}/pid;`]);
  const url = `http://127.0.0.1:${port}`;
  await answering(url, child);
  return {
    url,
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    if (await fetch(`${url}/health/live`).catch(() => undefined)) return;
    await delay(50);
  }
  throw new Error(`nginx ended with ${child.exitCode}`);
}
