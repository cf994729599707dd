import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TakersService } from '#trading';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import type { TakerClient } from './support/clients.js';
import { as, lockstep } from './support/command-line.js';
import { askedOrder, lockedOrder, succeeded } from './support/handshake.js';
import { call } from './support/http.js';
import { expectInvariants } from './support/invariants.js';
import { startService, type TestService } from './support/service.js';
import { until } from './support/until.js';

/** The commands of `lockstep` that make one call against a running service: what each does, prints and ends with. */
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
