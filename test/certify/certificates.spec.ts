import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Certificate, issuerOf, readCertificate, RULE_NAMES } from '#certificates';
import { freePort } from '#database';
import { type CertificationReport, jsonReport, requestCertificate } from '../../libs/cli/src/index.js';
import { entry, reportOf, rule } from '../support/certification-report.js';
import type { TakerClient } from '../support/clients.js';
import { ExternalService } from '../support/external-service.js';
import { askedOrder, lockedOrder, succeeded } from '../support/handshake.js';
import { call } from '../support/http.js';
import { START_PATIENCE_MS, ServiceProcess } from '../support/service-process.js';
import { until } from '../support/until.js';

/** A report is signed by the sandbox as far as the service's history has it. */
const SECRET = '5d'.repeat(32);

let dataDir: string;
let service: ExternalService;
let instance: ServiceProcess;
let taker: TakerClient;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-certificates-'));
  service = await ExternalService.prepare();
  instance = await service.start({ SANDBOX: 'on', SANDBOX_ORDERS_PER_MINUTE: '0', DATA_DIR: dataDir });
  taker = await service.newTaker();
  await until(async () => (await post({})).status !== 503, 'the sandbox to start');
}, START_PATIENCE_MS);
afterAll(async () => {
  expect(await instance.stop()).toBe(0);
  expect(instance.stderr).toBe('');
  await service.drop();
  rmSync(dataDir, { recursive: true });
});

const post = (json: unknown, apiKey = 'lk_none', url = service.url) =>
  call('POST', `${url}/sandbox/certificates`, { json, headers: { 'x-api-key': apiKey } });

type Said = 'yes' | 'no' | 'fill';

/** An order that a bot was asked for, with what it said of it. */
async function played(...said: Said[]): Promise<string> {
  const { hash, placed } = await askedOrder(service, { taker });
  for (const word of said) {
    const answer = word === 'fill' ? await taker.fill(placed) : await taker.answer(hash, word === 'yes');
    succeeded(answer, 200);
  }
  return hash;
}

/** A report in which the bot says these words of these orders. */
function telling(orders: [hash: string, ...said: Said[]][], from = Date.now()): CertificationReport {
  const transcript = orders.flatMap(([order, ...said]) =>
    said.map((word, index) =>
      entry(index, {
        from: 'bot',
        to: 'service',
        order,
        label: word === 'fill' ? 'POST /api/v1/orders/fill' : 'POST /api/v1/orders/cancel-result',
        body: word === 'fill' ? null : JSON.stringify({ cancellation_success: word === 'yes' }),
      }),
    ),
  );
  const rules = RULE_NAMES.map((name) => rule({ name, transcript }));
  const startedAt = new Date(from).toISOString();
  return { ...reportOf(rules, 'pass'), taker: taker.address, startedAt };
}

const certified = (
  report: CertificationReport,
  apiKey = taker.apiKey,
  url = service.url,
): Promise<Certificate> => requestCertificate(report, { url, apiKey });

describe('the sandbox signs', () => {
  test('what the history confirms, with the key that config publishes', async () => {
    const report = telling([
      [await played('yes'), 'yes'],
      [await played('no', 'fill'), 'no', 'fill'],
      [(await lockedOrder(service, { taker })).hash, 'no'], // an answer that was refused
    ]);
    const certificate = await certified(report);
    expect(certificate).toMatchObject({
      version: 1,
      taker: taker.address,
      report_sha256: createHash('sha256').update(jsonReport(report)).digest('hex'),
      verdict: 'pass',
      rules: report.rules.map(({ name }) => ({ name, verdict: 'pass' })),
      confirmed_orders: 2,
    });
    const { body } = await call('GET', `${service.url}/api/v1/config`);
    const kept = issuerOf(readFileSync(join(dataDir, 'certificate-key'), 'utf8'));
    expect([body.data.certificate_public_key, certificate.issuer]).toEqual([kept, kept]);
    expect(readCertificate(JSON.stringify(certificate), [certificate.issuer])).toEqual(certificate);
  });

  test.each<[string, 'fail' | 'not shown', string]>([
    ['push-twice', 'fail', 'fail'],
    ['push-twice', 'not shown', 'incomplete'],
    ['two-sockets', 'not shown', 'pass'],
  ])('a report with %s as %s is what it is', async (name, verdict, whole) => {
    const report = telling([[await played('yes'), 'yes']]);
    report.rules.find((each) => each.name === name)!.verdict = verdict;
    expect(await certified(report)).toMatchObject({ verdict: whole });
  });
});

describe('it does not sign', () => {
  const stranger = `0x${'7a'.repeat(32)}`;
  test.each<[string, Said[], Said[], string]>([
    ['a yes that is hidden', ['yes'], ['no'], 'was given up by a yes that is not reported'],
    ['a no that is hidden', ['no'], ['yes'], 'was kept by a no that is not reported'],
    [
      'yes and a fill',
      ['no', 'fill'],
      ['no', 'yes', 'fill'],
      'was filled, and the bot said that it may be cancelled',
    ],
  ])('%s', async (_, done, told, sentence) => {
    const hash = await played(...done);
    await expect(certified(telling([[hash, ...told]]))).rejects.toMatchObject({
      status: 422,
      code: 422001,
      details: `order ${hash} ${sentence}`,
    });
  });

  test("another taker's orders, unknown ones, and ones under another address", async () => {
    const others = await askedOrder(service);
    const report = telling([[others.hash, 'no']]);
    await expect(certified(report)).rejects.toThrow('Not confirmed');
    await expect(certified(telling([[stranger, 'no']]))).rejects.toThrow('Not confirmed');
    const own = telling([[await played('yes'), 'yes']]);
    await expect(certified({ ...own, taker: others.taker.address })).rejects.toThrow('Not confirmed');
    await expect(certified(own, others.taker.apiKey)).rejects.toThrow('Not confirmed');
  });

  test('orders of long before, and a run of long before', async () => {
    const hash = await played('yes');
    await service.dataSource.query(
      `UPDATE orders SET created_at = created_at - interval '1 hour' WHERE order_hash = $1`,
      [hash],
    );
    await expect(certified(telling([[hash, 'yes']]))).rejects.toMatchObject({
      details: expect.stringContaining('older'),
    });
    const old = telling([[hash, 'yes']], Date.now() - 3 * 3_600_000);
    await expect(certified(old)).rejects.toMatchObject({
      status: 400,
      details: expect.stringContaining('started_at'),
    });
  });

  test('without a key, or for a wrong one', async () => {
    const json = claims();
    expect(await post(json, '')).toMatchObject({ status: 401, body: { code: 10010012 } });
    expect(await post(json, 'lk_wrong')).toMatchObject({ status: 401, body: { code: 10010009 } });
  });

  const PASSED = Object.fromEntries(RULE_NAMES.map((name) => [name, 'pass']));
  const { 'key-rotated': _, ...ALMOST } = PASSED;
  const claims = () => ({
    taker_address: taker.address,
    report_sha256: '5e'.repeat(32),
    started_at: new Date().toISOString(),
    rules: PASSED,
    orders: `${stranger}:yes`,
  });
  test.each<[string, object]>([
    ['taker_address', { taker_address: '0x12' }],
    ['report_sha256', { report_sha256: 'x' }],
    ['started_at', { started_at: 'yesterday' }],
    ['started_at', { started_at: '9999-99-99T99:99:99.999Z' }],
    ['rules', { rules: 'all' }],
    ['rules', { rules: {} }],
    ['rules', { rules: ALMOST }],
    ['rules', { rules: { ...PASSED, 'answers-once': 'pass' } }],
    ['rules', { rules: { ...ALMOST, 'answers-once': 'pass' } }],
    ['rules', { rules: { ...PASSED, resync: 'passed' } }],
    ['rules', { rules: { ...PASSED, resync: { toString: 'pass' } } }],
    ['orders', { orders: '' }],
    ['orders', { orders: 7 }],
    ['orders', { orders: `${stranger}:maybe` }],
    ['orders', { orders: `${stranger}:yes,${stranger}:no` }],
    ['orders', { orders: Array.from({ length: 601 }, () => `${stranger}:no`).join() }],
    ['verdict', { verdict: 'pass' }],
  ])('what has a wrong %s (%#)', async (field, change) => {
    const answer = await post({ ...claims(), ...change }, taker.apiKey);
    expect(answer).toMatchObject({ status: 400, body: { code: 400001 } });
    expect(answer.body.details).toContain(field);
  });

  test('more than a call may have', async () => {
    expect((await post({ ...claims(), orders: 'x'.repeat(70_000) }, taker.apiKey)).status).toBe(413);
  });
});

test(
  'a sandbox that is a process of its own signs with the key that it is given',
  async () => {
    const { apiKey, address } = await service.newTaker();
    const port = String(await freePort());
    const sandbox = ServiceProcess.launch(
      { SANDBOX_API_KEY: apiKey, SANDBOX_TAKER_ADDRESS: address, SANDBOX_CERTIFICATE_KEY: SECRET },
      [process.execPath, 'dist/apps/sandbox/src/main.js', '--url', service.url, '--port', port],
    );
    await until(() => sandbox.stdout.includes('plays against'), 'it to start', START_PATIENCE_MS);
    const url = `http://127.0.0.1:${port}`;
    const report = telling([[await played('yes'), 'yes']]);
    expect(await certified(report, taker.apiKey, url)).toMatchObject({ issuer: issuerOf(SECRET) });
    expect(await post({ rules: {} }, taker.apiKey, url)).toMatchObject({
      status: 400,
      body: { code: 400001 },
    });
    expect([await sandbox.stop(), sandbox.stderr]).toEqual([0, '']);
  },
  START_PATIENCE_MS,
);

test('where there is no sandbox, and where the report has nothing, that is told', async () => {
  const report = telling([[`0x${'7a'.repeat(32)}`, 'yes']]);
  const elsewhere = `${service.url}/elsewhere`;
  await expect(certified(report, taker.apiKey, elsewhere)).rejects.toThrow('there is no sandbox there');
  await expect(certified(telling([]))).rejects.toThrow('nothing can be confirmed');
});
