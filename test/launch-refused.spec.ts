import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ServiceProcess } from './support/service-process.js';
import { until } from './support/until.js';

/** A start that fails; what a DATA_DIR does to it, and to the tools, is in test/launch-places.spec.ts. */
describe('what keeps it from starting is said in one line, with exit code 1', () => {
  const failures: [string, () => Promise<NodeJS.ProcessEnv>, string][] = [
    [
      'two wrong settings',
      async () => ({ LOCK_TTL_SECONDS: '0', DATABASE_URL: 'mysql://x' }),
      'DATABASE_URL must be a postgres:// URL; LOCK_TTL_SECONDS must be a whole number of seconds from 1 to 604800',
    ],
    [
      'production without secrets',
      async () => ({ NODE_ENV: 'production' }),
      'DATABASE_URL, JWT_SECRET and MASTER_KEY must be set when NODE_ENV is production',
    ],
    [
      'an unreachable database',
      async () => ({ DATABASE_URL: `postgres://u:secret@127.0.0.1:${await freePort()}/db`, PORT: '0' }),
      'cannot use the database at 127.0.0.1:',
    ],
  ];
  test.each(failures)('%s', async (_, environment, line) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const service = ServiceProcess.launch({ DATA_DIR: dataDir, ...(await environment()) });
    expect(await service.end()).toBe(1);
    expect(service.stderr).toMatch(/^lockstep: .*\n$/);
    expect(service.stderr).toContain(line);
    expect(service.stderr).not.toContain('secret@');
    expect(service.stdout).toBe('');
    rmSync(dataDir, { recursive: true });
  });

  test('a taken port, before any database is started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await until(() => other.listening, 'the port');
    const { port } = other.address() as { port: number };
    const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const service = ServiceProcess.launch({ DATA_DIR: dataDir, PORT: String(port) });
    expect(await service.end()).toBe(1);
    expect(service.stderr).toBe(
      `lockstep: cannot listen on 127.0.0.1:${port} (HOST, PORT): the port is in use\n`,
    );
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    other.close();
    rmSync(dataDir, { recursive: true });
  });
});
