import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '#database';
import { ApiKeysService, TakersService } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { TakerClient } from './support/clients.js';
import { as, lockstep, RunningCommand } from './support/command-line.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { startService, type TestService } from './support/service.js';
import { TroubledProxy } from './support/troubled-proxy.js';
import { until } from './support/until.js';

/** Each command of `lockstep` against a running service: what it does, prints and ends with. */
let service: TestService;
let taker: TakerClient;
let folder: string;
beforeAll(async () => {
  service = await startService();
  taker = await service.newTaker();
  folder = mkdtempSync(join(tmpdir(), 'lockstep-cli-'));
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
  rmSync(folder, { recursive: true });
});

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('listen', () => {
  test('shows changes and requests as they come, a line each, and ends with Ctrl-C', async () => {
    const listening = new RunningCommand(['listen', ...as(taker)]);
    await listening.hear('connected; Ctrl-C ends it');
    const { hash } = await askedOrder(service, { taker });
    await listening.hear('may it be cancelled');
    expect(await listening.interrupt()).toBe(0);
    const time = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d';
    const lines = [
      `${time}\\.\\d{3}Z  new → pending           ${hash}`,
      `${time}\\.\\d{3}Z  pending → locked        ${hash}  until ${time}Z`,
      `${time}\\.\\d{3}Z  may it be cancelled\\?    ${hash}  "user_requested", answer by ${time}Z`,
    ];
    expect(listening.stdout).toMatch(new RegExp(`^${lines.join('\n')}\n$`));
    expect(listening.stderr).toMatch(/\nlockstep: go on with --after [0-9a-f]{32}\n$/);
    // it has answered nothing
    expect((await taker.library().order(hash)).cancellation).toMatchObject({ status: 'requested' });
    succeeded(await taker.answer(hash, true), 200);
  });

  test('--json has each message as it was pushed, --after what came since, --types others', async () => {
    const order = await lockedOrder(service, { taker });
    const { events } = await taker.library().history(order.hash);
    const [placed, { id, type, timestamp, data }] = events as [(typeof events)[0], (typeof events)[0]];
    const args = ['--json', '--after', placed.id, '--types', 'order_status_change,order_book_change'];
    const listening = new RunningCommand(['listen', ...as(taker), ...args]);
    await listening.hear(id);
    await listening.hear('order_book_change');
    expect(await listening.interrupt()).toBe(0);
    expect(jsonLines(listening.stdout)).toContainEqual({ id, type, timestamp, data });
  });

  test('a lost connection is made anew, and misses nothing', async () => {
    const proxy = await TroubledProxy.before(service.url);
    const listening = new RunningCommand(['listen', ...as(taker, proxy.url)]);
    await listening.hear('connected');
    const first = await (await service.newMaker()).place();
    await listening.hear(first.order_hash);
    proxy.dropSockets();
    const second = await (await service.newMaker()).place();
    await listening.hear(second.order_hash);
    expect(await listening.interrupt()).toBe(0);
    expect(listening.stderr).toMatch(/lockstep: the socket closed: 1006; connecting again\n/);
    await proxy.stop();
  });

  test('a refused key ends it with one sentence', async () => {
    const { code, stdout, stderr } = await lockstep([
      'listen',
      '--url',
      service.url,
      '--api-key',
      'lk_wrong',
    ]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(
      'lockstep: API key not found (10010009): X-API-Key is not a known API key, or it was revoked; check LOCKSTEP_API_KEY\n',
    );
  });

  test('a key that is revoked meanwhile ends it, with the reason', async () => {
    const own = await service.newTaker();
    const listening = new RunningCommand(['listen', ...as(own)]);
    await listening.hear('connected');
    await new ApiKeysService(service.dataSource, service.settings).revoke(own.keyId, 'tester');
    expect(await listening.ended).toBe(1);
    const lines = listening.stderr.trimEnd().split('\n');
    expect(lines[1]).toMatch(/^lockstep: the socket closed: 1008 .*; connecting again$/);
    // it may have been let in once more meanwhile: keys are remembered for a moment
    const refusal = /^lockstep: API key not found \(10010009\): .*; check LOCKSTEP_API_KEY$/;
    expect(lines.filter((line) => refusal.test(line))).toEqual([lines.at(-1)]);
  });

  test('while nothing answers it goes on trying, until Ctrl-C', async () => {
    const listening = new RunningCommand(['listen', '--url', 'http://127.0.0.1:1', '--api-key', 'lk_x']);
    await listening.hear('cannot reach the service: nothing listens there; .*; connecting again');
    expect(await listening.interrupt()).toBe(0);
  });
});

describe('replay', () => {
  test('tells again what came after a message, and ends', async () => {
    const { hash } = await askedOrder(service, { taker });
    const { events } = await taker.library().history(hash);
    const after = events[0]!.id;
    const told = await lockstep(['replay', ...as(taker), '--after', after, '--json']);
    expect(told.code).toBe(0);
    const ids = jsonLines(told.stdout).map(({ id }) => id as string);
    expect(ids).toEqual(events.slice(1).map(({ id }) => id));
    const [, last] = /^lockstep: go on with --after ([0-9a-f]{32})\n$/.exec(told.stderr)!;
    const rest = await lockstep(['replay', ...as(taker), '--after', last!]);
    expect(rest).toEqual({ code: 0, stdout: '', stderr: '' });
    succeeded(await taker.answer(hash, false), 200);
  });

  test('an id of another history is refused', async () => {
    const { code, stderr } = await lockstep(['replay', ...as(taker), '--after', 'f'.repeat(32)]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('read the lists of orders'),
    });
  });
});

describe('order', () => {
  test('shows where an order stands, its terms and its history', async () => {
    const { hash } = await askedOrder(service, { taker });
    succeeded(await taker.answer(hash, false, { message: 'Already \u001b[31mtrading' }), 200);
    const { code, stdout } = await lockstep(['order', hash, ...as(taker)]);
    expect(code).toBe(0);
    expect(stdout).toContain(`order       ${hash}\nstatus      locked by ${taker.address} until 20`);
    expect(stdout).toContain('terms       buy 100 AAPL at 182.5, incentive 0.5\n');
    expect(stdout).toContain(
      'cancel?     rejected by answer, "user_requested", answered "Already \\u001b[31mtrading"\n',
    );
    expect(stdout).toMatch(
      /new → pending .* by maker\n.*pending → locked .* by taker\n.*may it be cancelled\? .* by maker\n/,
    );
  });

  test('--json is the order and its events as the service tells them', async () => {
    const { hash } = await lockedOrder(service, { taker });
    const { stdout } = await lockstep([
      'order',
      hash.toUpperCase().replace('0X', '0x'),
      '--json',
      ...as(taker),
    ]);
    const library = taker.library();
    expect(JSON.parse(stdout)).toEqual({
      order: await library.order(hash),
      events: (await library.history(hash)).events,
    });
  });

  test('an unknown one is refused, with what to look at', async () => {
    const { code, stderr } = await lockstep(['order', `0x${'0'.repeat(64)}`, ...as(taker)]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lockstep: Order not found \(404001\): .*; check the hash; .*\n$/);
  });
});

describe('answer', () => {
  test.each([
    ['yes', 'cancelled', 'the order is given up'],
    ['no', 'locked', 'the order stays locked'],
  ])('%s: the order is %s', async (verdict, status, meaning) => {
    const { hash, maker } = await askedOrder(service, { taker });
    const said = await lockstep(['answer', hash, verdict, 'says the desk', ...as(taker)]);
    expect(said).toEqual({ code: 0, stdout: `recorded: ${verdict}, ${meaning}\n`, stderr: '' });
    const order = await maker.order(hash);
    expect(order).toMatchObject({ status, cancellation: { message: 'says the desk' } });
    const again = await lockstep(['answer', hash, verdict, '--json', ...as(taker)]);
    expect(JSON.parse(again.stdout)).toMatchObject({ success: true, order_hash: hash });
    const other = await lockstep(['answer', hash, verdict === 'yes' ? 'no' : 'yes', ...as(taker)]);
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('(409003)') });
  });

  test('where nobody has asked there is nothing to answer', async () => {
    const { hash } = await lockedOrder(service, { taker });
    const { code, stderr } = await lockstep(['answer', hash, 'yes', ...as(taker)]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `lockstep: nobody has asked you to cancel ${hash}, so there is nothing to answer; see "lockstep order"\n`,
    );
  });

  test('a suspended taker still answers, under its --address', async () => {
    const own = await service.newTaker();
    const { hash, maker } = await askedOrder(service, { taker: own });
    const takers = new TakersService(service.dataSource);
    await takers.suspend(own.takerId, { operator: 'tester', reason: 'a look at its bot' });
    await until(async () => (await own.call('GET', '/takers/orders')).status === 403, 'the suspension');
    const { code, stderr } = await lockstep(['answer', hash, 'yes', ...as(own)]);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"lockstep answer --address"'),
    });
    const said = await lockstep(['answer', hash, 'yes', '--address', own.address, ...as(own)]);
    expect(said.code).toBe(0);
    expect(await maker.order(hash)).toMatchObject({ status: 'cancelled' });
  });
});

describe('sign', () => {
  const secret = () => ['--signing-secret', taker.apiSecret];

  test.each([
    ['GET', '/api/v1/takers/orders?status=locked&ticker=BRK%2FB', undefined, 200],
    ['POST', '/api/v1/orders/unlock', `{ "order_hash": "0x${'0'.repeat(64)}" }`, 404],
  ])('the headers sign a %s', async (method, path, body, status) => {
    const data = body === undefined ? [] : ['--data', '@-'];
    const { code, stdout, stderr } = await lockstep(['sign', method, path, ...data, ...secret()], body);
    expect(code).toBe(0);
    const headers = Object.fromEntries(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(': ')),
    );
    const { 'x-api-timestamp': timestamp } = headers;
    const [target, query] = path.split('?');
    expect(stderr).toBe(`signed: ${method}|${target}|${timestamp}|${body ?? query}\n`);
    const answer = await call(method, `${service.url}${path}`, {
      headers: { 'x-api-key': taker.apiKey, ...headers },
      raw: body,
    });
    expect(answer.status).toBe(status);
  });

  test('a body comes from the line or a file too; --json has the text', async () => {
    const file = join(folder, 'body.json');
    writeFileSync(file, '{"a":1}');
    for (const data of ['{"a":1}', `@${file}`]) {
      const { stdout } = await lockstep(['sign', 'post', '/x', '--data', data, '--json', ...secret()]);
      const { headers, signed } = JSON.parse(stdout);
      expect(signed).toBe(`POST|/x|${headers['x-api-timestamp']}|{"a":1}`);
    }
  });
});

test('login prints a token that works', async () => {
  const key = generatePrivateKey();
  const file = join(folder, 'wallet.key');
  writeFileSync(file, `${key}\n`);
  const { code, stdout, stderr } = await lockstep([
    'login',
    '--url',
    service.url,
    '--private-key',
    `@${file}`,
  ]);
  expect(code).toBe(0);
  const headers = { authorization: `Bearer ${stdout.trimEnd()}` };
  const profile = await call('GET', `${service.url}/api/v1/makers/profiles`, { headers });
  const wallet = privateKeyToAccount(key).address.toLowerCase();
  expect(profile.body.data).toMatchObject({ wallet_address: wallet });
  expect(stderr).toContain(`${wallet} is logged in until 20`);
  const json = await lockstep(['login', '--url', service.url, '--private-key', key, '--json']);
  expect(JSON.parse(json.stdout)).toMatchObject({ wallet_address: wallet, token: expect.any(String) });
});

test('trigger says how to have a sandbox where there is none', async () => {
  const { code, stderr } = await lockstep(['trigger', 'burst', '--url', service.url]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^lockstep: there is no sandbox there: start the service with SANDBOX=on, or .*\n$/);
});

describe('wrong usage is exit code 2, and no secret is repeated', () => {
  const secret = 'a secret that nobody shall read';
  test.each([
    ['an unknown command', ['listne'], "unknown command 'listne'"],
    ['an unknown option', ['listen', '--afetr', 'x'], "unknown option '--afetr'"],
    ['no key', ['listen'], 'set LOCKSTEP_API_KEY, or give --api-key @file'],
    ['a key with blanks', ['listen', '--api-key', secret], 'must be printable ASCII without blanks'],
    ['a key file that is not there', ['listen', '--api-key', '@/nowhere'], 'cannot read /nowhere (ENOENT)'],
    [
      'a URL with a user',
      ['listen', '--url', 'http://a:b@c', '--api-key', 'k'],
      'must be http://host[:port]',
    ],
    [
      'a URL of something else',
      ['listen', '--url', 'ftp://c', '--api-key', 'k'],
      'must be http://host[:port]',
    ],
    ['a hash that is none', ['order', '0x12', '--api-key', 'k'], 'It must be an order hash'],
    ['a verdict that is none', ['answer', `0x${'0'.repeat(64)}`, 'maybe', '--api-key', 'k'], 'yes, no'],
    ['an id that is none', ['replay', '--after', 'x', '--api-key', 'k'], 'It must be the id of a message'],
    ['types that are none', ['listen', '--types', 'x', '--api-key', 'k'], 'comma-separated list'],
    ['no secret to sign with', ['sign', 'GET', '/x'], 'set LOCKSTEP_SIGNING_SECRET'],
    ['a wallet that is none', ['login', '--private-key', `0x${'f'.repeat(64)}`], 'must be a wallet'],
    ['an origin that is none', ['doctor', '--origin', 'app.example'], '--origin must be that of a page'],
    ['a hold that is too long', ['doctor', '--hold', '9999'], 'from 0 to 600'],
  ])('%s', async (_, args, sentence) => {
    const { code, stdout, stderr } = await lockstep(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^lockstep: [^\n]*\n$/);
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain(secret);
    expect(stderr).not.toContain('f'.repeat(64));
  });
});

describe('what is not there is told in one sentence', () => {
  test('nothing listens', async () => {
    const { code, stderr } = await lockstep([
      'order',
      `0x${'0'.repeat(64)}`,
      '--url',
      `http://127.0.0.1:${await freePort()}`,
      '--api-key',
      'k',
    ]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'lockstep: cannot reach the service: nothing listens there; check LOCKSTEP_URL or --url\n',
    });
  });

  test.each([
    [404, '<html>nginx</html>', 'HTTP 404 from something that is not Lockstep'],
    [200, '<html>welcome</html>', 'it is not Lockstep that answers there'],
    [302, '', 'it leads on to another address'],
  ])('something else answers: %i %s', async (status, body, sentence) => {
    const other = createServer((_, response) =>
      response.writeHead(status, { location: '/elsewhere' }).end(body),
    );
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    for (const args of [
      ['order', `0x${'0'.repeat(64)}`, '--api-key', 'k'],
      ['login', '--private-key', generatePrivateKey()],
      ['trigger', 'burst'],
    ]) {
      if (status === 404 && args[0] === 'trigger') continue; // says that there is no sandbox
      const { code, stderr } = await lockstep([...args, '--url', url]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^lockstep: [^\n]*\n$/);
      expect(stderr).toContain(sentence);
    }
    other.close();
  });
});
