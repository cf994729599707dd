import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { freePort } from '#database';
import { ApiKeysService } from '#trading';
import type { TakerClient } from './support/clients.js';
import { as, lockstep, RunningCommand } from './support/command-line.js';
import { startService, type TestService } from './support/service.js';

/** What `lockstep doctor` finds on a way to a real service that has one fault. Only heartbeats are driven by hand. */
const ALLOWED = 'https://app.example';
/** All but setInterval, by which the service's heartbeats go. */
const REAL = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setTimeout',
] as const;

let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  jest.useFakeTimers({ doNotFake: [...REAL, 'clearImmediate', 'clearTimeout'] });
  service = await startService({ ALLOWED_ORIGINS: ALLOWED });
  taker = await service.newTaker();
});
afterAll(async () => {
  await service.stop();
  jest.useRealTimers();
});

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
  jest.restoreAllMocks();
});

/** A way to the service on which what callers send is changed; returns its URL. */
async function way(
  change = (sent: string) => sent,
  make: (serve: (client: Socket) => void) => Server = createServer,
): Promise<string> {
  const server = make((client) => {
    const { hostname, port } = new URL(service.url);
    const onward = connect(Number(port), hostname);
    ends.push(
      () => client.destroy(),
      () => onward.destroy(),
    );
    client.on('data', (sent: Buffer) => onward.write(change(sent.toString('latin1')), 'latin1'));
    onward.on('data', (said: Buffer) => client.write(said));
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    }
  });
  ends.push(() => server.close());
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What is found, by check. */
async function examine(args: string[]) {
  const { code, stdout } = await lockstep(['doctor', '--json', '--hold', '0', ...args]);
  const { findings } = JSON.parse(stdout) as {
    findings: { check: string; result: string; found: string; remedy?: string }[];
  };
  return { code, findings, of: (check: string) => findings.find((finding) => finding.check === check) };
}

test('a good connection: each check says what it has seen, and the code is 0', async () => {
  const running = new RunningCommand(['doctor', '--hold', '2', '--origin', ALLOWED, ...as(taker)]);
  await running.hear('holding a socket for 2 s');
  const beating = setTimeout(() => jest.advanceTimersByTime(30_000), 500);
  expect(await running.ended).toBe(0);
  clearTimeout(beating);
  expect(running.stdout.split('\n').map((line) => line.slice(0, 24).trimEnd())).toEqual([
    'ok           TLS',
    'ok           service',
    'ok           versions',
    'ok           clock',
    'ok           key',
    'ok           address',
    '', // who knows more of the address
    'ok           signature',
    'ok           origin',
    'ok           sockets',
    '',
  ]);
  expect(running.stdout).toMatch(/a socket was left open for 2 s, and heard a heartbeat after [01] s\n$/);
  expect(running.stdout + running.stderr).not.toContain(taker.apiKey);
  expect(running.stdout + running.stderr).not.toContain(taker.apiSecret);
});

test('without a key it checks what is left', async () => {
  const { code, of } = await examine(['--url', service.url]);
  expect(code).toBe(0);
  expect(of('clock')).toMatchObject({ result: 'ok' });
  expect(of('key')).toMatchObject({
    result: 'not checked',
    remedy: expect.stringContaining('LOCKSTEP_API_KEY'),
  });
});

test('nothing is checked of a service that does not answer', async () => {
  const { code, findings } = await examine(['--url', `http://127.0.0.1:${await freePort()}`]);
  expect(code).toBe(1);
  expect(findings.map(({ check, result }) => `${check} ${result}`)).toEqual(['TLS ok', 'service failed']);
});

describe('the clock', () => {
  test.each([
    [10, 'ahead of', 'failed'],
    [-10, 'behind', 'failed'],
    [2, 'ahead of', 'warning'],
  ])('%d minutes off', async (minutes, where, result) => {
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + minutes * 60_000);
    const { of } = await examine(as(taker));
    expect(of('clock')).toMatchObject({ result, remedy: expect.stringContaining('NTP') });
    expect(of('clock')!.found).toMatch(
      new RegExp(`^this machine is ${Math.abs(minutes) * 60}\\.\\d s ${where} the service`),
    );
    // what is signed is judged for itself
    expect(of('signature')).toMatchObject({ result: 'ok' });
  });
});

describe('the key and where it is used from', () => {
  test('an unknown key', async () => {
    const { code, of } = await examine(['--url', service.url, '--api-key', 'lk_unknown']);
    expect(code).toBe(1);
    expect(of('key')).toMatchObject({
      result: 'failed',
      found: expect.stringContaining('check LOCKSTEP_API_KEY'),
    });
  });

  test('a key for other addresses: which one the service sees', async () => {
    const keys = new ApiKeysService(service.dataSource, service.settings);
    const { apiKey } = await keys.create(taker.takerId, { allowIps: ['203.0.113.7'] });
    const { of } = await examine(['--url', service.url, '--api-key', apiKey]);
    expect(of('address')).toMatchObject({
      result: 'failed',
      found: expect.stringContaining('from 127.0.0.1'),
    });
  });

  test('a key that demands signatures, and no secret', async () => {
    const keys = new ApiKeysService(service.dataSource, service.settings);
    const { apiKey, apiSecret } = await keys.create(taker.takerId, { requireSignature: true });
    const without = await examine(['--url', service.url, '--api-key', apiKey]);
    expect(without.of('signature')).toMatchObject({
      result: 'failed',
      remedy: 'set LOCKSTEP_SIGNING_SECRET',
    });
    const signing = await examine(as({ url: service.url, apiKey, apiSecret }));
    expect(signing).toMatchObject({ code: 0 });
    expect(signing.of('key')).toMatchObject({ found: 'it is taken, and demands that every call is signed' });
  });
});

describe('which text the signature must be over', () => {
  test('another secret', async () => {
    const { code, of } = await examine(
      as({ ...taker, url: service.url, apiKey: taker.apiKey, apiSecret: 'another' }),
    );
    expect(code).toBe(1);
    expect(of('signature')).toMatchObject({
      result: 'failed',
      remedy: expect.stringContaining('not the secret of this key'),
    });
  });

  test('a proxy that rewrites the path', async () => {
    const url = await way((sent) => sent.replace(' /desk/', ' /'));
    const { of } = await examine(as(taker, `${url}/desk`));
    expect(of('signature')!.found).toMatch(/^signed was GET\|\/desk\/api.*, the service saw GET\|\/api/);
    expect(of('signature')).toMatchObject({
      result: 'failed',
      remedy: expect.stringContaining('sign the path that the service saw'),
    });
  });

  test.each([
    ['the raw query of a GET', 'BRK%2FB', 'BRK%2fB'],
    ['the raw body of a POST', '"order_hash": ', '"order_hash" :'],
  ])('a proxy that changes %s', async (what, from, to) => {
    const url = await way((sent) => sent.replace(from, to));
    const { of } = await examine(as(taker, url));
    expect(of('signature')).toMatchObject({
      result: 'failed',
      remedy: `${what} is changed on the way: have the proxy pass it on byte for byte`,
    });
  });
});

test('an origin that is not allowed', async () => {
  const { code, of } = await examine(['--origin', 'https://evil.example', ...as(taker)]);
  expect(code).toBe(1);
  expect(of('origin')).toMatchObject({
    result: 'failed',
    remedy: 'ask the operator to add it to ALLOWED_ORIGINS',
  });
});

describe('sockets', () => {
  test('a proxy that cuts idle ones', async () => {
    const url = await way();
    const running = new RunningCommand(['doctor', '--hold', '30', ...as(taker, url)]);
    await running.hear('holding a socket for 30 s');
    setTimeout(() => ends.forEach((end) => end()), 1_000);
    expect(await running.ended).toBe(1);
    expect(running.stdout).toMatch(
      /failed +sockets +the socket was closed after [01] s \(1006\)\n +→ raise the idle time-out/,
    );
  });

  test('a proxy that passes no WebSockets on', async () => {
    const url = await way((sent) =>
      sent.replace(/upgrade: websocket\r\n/i, '').replace(/connection: upgrade\r\n/i, ''),
    );
    const { code, of } = await examine(['--hold', '1', ...as(taker, url)]);
    expect(code).toBe(1);
    expect(of('sockets')).toMatchObject({ result: 'failed' });
  });

  test('a short hold shows no heartbeat, and says so; Ctrl-C ends a long one', async () => {
    const { code, of } = await examine(['--hold', '1', ...as(taker)]);
    expect(code).toBe(0);
    expect(of('sockets')).toMatchObject({ result: 'warning', remedy: expect.stringContaining('--hold 32') });
    const running = new RunningCommand(['doctor', '--hold', '600', ...as(taker)]);
    await running.hear('holding a socket for 600 s');
    expect(await running.interrupt()).toBe(0);
  });
});

test('a certificate that nobody trusts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lockstep-tls-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-days', '30'];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  const certificate = { key: readFileSync(key), cert: readFileSync(cert) };
  const url = (await way(undefined, (serve) => createTlsServer(certificate, serve))).replace(
    'http:',
    'https:',
  );
  const { code, of } = await examine(as(taker, url));
  expect(code).toBe(1);
  expect(of('TLS')).toMatchObject({
    result: 'failed',
    found: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
  });
  expect(of('service')).toMatchObject({ found: expect.stringContaining('its certificate is not trusted') });
  rmSync(folder, { recursive: true });
});

test('http to another machine is warned of', async () => {
  const { of } = await examine(['--url', 'http://lockstep.invalid']);
  expect(of('TLS')).toMatchObject({ result: 'warning', remedy: expect.stringContaining('https://') });
  expect(of('service')!.found).toContain('cannot reach the service');
});
