import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RULE_NAMES } from '#certificates';
import { freePort } from '#database';
import type { TakerClient } from '../support/clients.js';
import { lockstep, RunningCommand } from '../support/command-line.js';
import { expectInvariants } from '../support/invariants.js';
import { startService, type TestService } from '../support/service.js';
import { until } from '../support/until.js';
import { HandmadeBot } from './bots/handmade-bot.js';
import { Waverer } from './bots/wrong-bots.js';

/** `lockstep certify` as it is typed: what it says, prints and ends with. */
const PATIENCE_MS = 90_000;
const RULE = 'push-twice';

let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService({ WORKER: 'inline' });
  taker = await service.newTaker();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

/** Runs the command for one rule, with a bot that comes when it is told where to. */
async function tried(
  Bot: typeof HandmadeBot,
  ...options: string[]
): Promise<{ code: number; stdout: string }> {
  const port = String(await freePort());
  const command = new RunningCommand([
    'certify',
    '--url',
    service.url,
    '--listen',
    port,
    '--only',
    RULE,
    ...options,
  ]);
  await command.hear(`point your bot at http://127.0.0.1:${port}\n`);
  const bot = new Bot(`http://127.0.0.1:${port}`, taker);
  const code = await command.ended;
  await bot.end();
  return { code, stdout: command.stdout };
}

test(
  'a bot that keeps the rules: a table, reports for its CI and for people, and exit code 0',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const [json, junit, html] = ['json', 'xml', 'html'].map((kind) => join(folder, `report.${kind}`));
    const { code, stdout } = await tried(
      HandmadeBot,
      '--json-file',
      json!,
      '--junit',
      junit!,
      '--html',
      html!,
    );
    expect(code).toBe(0);
    expect(stdout).toContain(`✓ pass       ${RULE}\n`);
    expect(stdout).toMatch(/\npass: .*1 passed.*\n$/);
    expect(JSON.parse(readFileSync(json!, 'utf8'))).toMatchObject({ verdict: 'pass', taker: taker.address });
    expect(readFileSync(junit!, 'utf8')).toContain(`name="${RULE}"`);
    expect(readFileSync(html!, 'utf8')).toContain(RULE);
    rmSync(folder, { recursive: true });
  },
  PATIENCE_MS,
);

test(
  'one that breaks a rule: exit code 1, and --json has the proof',
  async () => {
    const { code, stdout } = await tried(Waverer, '--json');
    expect(code).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      version: 1,
      service: service.url,
      taker: taker.address,
      verdict: 'fail',
      rules: [
        {
          name: RULE,
          group: 'lost messages',
          verdict: 'fail',
          reason: 'it answered true first, and then false',
        },
      ],
    });
    const labels = report.rules[0].transcript.map(({ label, fault }: { label: string; fault: boolean }) => [
      label,
      fault,
    ]);
    expect(labels).toContainEqual(['cancellation_request', false]);
    expect(labels).toContainEqual(['cancellation_request, once more', true]);
  },
  PATIENCE_MS,
);

test(
  'a rule that was not shown: exit code 1',
  async () => {
    const { code, stdout } = await tried(HandmadeBot, '--only', 'two-sockets');
    expect(stdout).toMatch(/\nincomplete: 0 passed, 1 not shown\n$/);
    expect(code).toBe(1);
  },
  PATIENCE_MS,
);

test('the rules are those that certificates name', async () => {
  const { stdout } = await lockstep(['certify', '--list', '--json']);
  expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toEqual(RULE_NAMES);
});

test(
  'a report that cannot be written costs neither the others nor the table',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const json = join(folder, 'report.json');
    const { code, stdout } = await tried(HandmadeBot, '--html', '/dev/full', '--json-file', json);
    expect([code, stdout]).toEqual([2, expect.stringContaining('1 passed')]);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ verdict: 'pass' });
    rmSync(folder, { recursive: true });
  },
  PATIENCE_MS,
);

test('a certificate that nobody would sign, and files that would be one, are refused before a bot is waited for', async () => {
  const certify = (...options: string[]) => lockstep(['certify', '--url', service.url, ...options]);
  const unsigned = await certify('--certificate', 'certificate.json', '--api-key', taker.apiKey);
  expect(unsigned.code).toBe(1);
  expect(unsigned.stderr).toContain('the service signs no certificates: start it with SANDBOX=on');
  const same = await certify('--html', 'report', '--json-file', './report');
  expect(same.code).toBe(2);
  expect(same.stderr).toContain('each needs a file of its own');
});

test('--list names the rules', async () => {
  const { code, stdout } = await lockstep(['certify', '--list']);
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^reply-lost +When the reply to its answer is lost/m),
  ]);
});

test.each([
  [['--only', 'push-twice,push-thrice'], 'There is no rule push-thrice'],
  [['--listen', '70000'], 'It must be a port, from 0 to 65535.'],
  [['--url', 'ftp://127.0.0.1'], '--url or LOCKSTEP_URL must be http'],
  [['--certificate', 'certificate.json'], 'set LOCKSTEP_API_KEY, or give --api-key @file'],
  [['--certificate', 'certificate.json', '--only', RULE], 'all rules must be tried; leave --only out'],
  [['--json-file', '/nowhere/report.json'], '--json-file: cannot write /nowhere/report.json (ENOENT)'],
  [
    ['--certificate', '/nowhere/certificate.json', '--api-key', 'key'],
    '--certificate: cannot write /nowhere/certificate.json (ENOENT)',
  ],
])('%s is wrong usage', async (options, what) => {
  const { code, stderr } = await lockstep(['certify', ...options]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(what)]);
});

test('a port that is taken, and Ctrl-C before a bot has come, end it with 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await lockstep(['certify', '--url', service.url, '--listen', String(port)]);
  other.close();
  expect([code, stderr]).toEqual([
    1,
    `lockstep: something listens on port ${port} already; give another --listen\n`,
  ]);
  const junit = join(tmpdir(), `lockstep-${process.pid}.xml`);
  const waiting = new RunningCommand(['certify', '--url', service.url, '--listen', '0', '--junit', junit]);
  await waiting.hear('point your bot at');
  expect(await waiting.interrupt()).toBe(1);
  expect(existsSync(junit)).toBe(false);
});

test('Ctrl-C while the service does not answer ends it', async () => {
  let asked = 0;
  const silent = createServer((request, reply) => {
    if (request.url === '/openapi.json')
      asked += 1; // and no answer
    else void fetch(service.url + request.url).then(async (answer) => reply.end(await answer.text()));
  }).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const command = new RunningCommand(['certify', '--url', `http://127.0.0.1:${port}`, '--listen', '0']);
  await until(() => asked > 0, 'the document to be asked for');
  expect(await command.interrupt()).toBe(1);
  silent.close();
  silent.closeAllConnections();
});

test('what a web page sends to a name that leads here is refused', async () => {
  const port = await freePort();
  const command = new RunningCommand(['certify', '--url', service.url, '--listen', String(port)]);
  await command.hear('point your bot at');
  const statusFor = async (host: string, headers = {}): Promise<number> => {
    const path = '/api/v1/config';
    const request = get({ port, host: '127.0.0.1', path, headers: { host, ...headers } });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode!;
  };
  const upgrade = { connection: 'upgrade', upgrade: 'websocket' };
  expect(await statusFor(`evil.example:${port}`)).toBe(421);
  expect(await statusFor('127.0.0.1.evil.example', upgrade)).toBe(421);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`])
    expect(await statusFor(host)).toBe(200);
  expect(await command.interrupt()).toBe(1);
});
