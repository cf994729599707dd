import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type CertificationReport, requestCertificate } from '../../libs/cli/src/index.js';
import { AdminTool } from '../support/admin-tool.js';
import type { TakerClient } from '../support/clients.js';
import { certified, rulesWith, SANDBOX_FOR_CERTIFY } from '../support/certification.js';
import { ExternalService } from '../support/external-service.js';
import { expectInvariants } from '../support/invariants.js';
import { type ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';
import { SessionBot } from './bots/session-bot.js';

/** Every rule, as a correct bot keeps it: the client's session, against a sandbox; and what that is good for. */
const PATIENCE_MS = 400_000;

let dataDir: string;
let service: ExternalService;
let instance: ServiceProcess;
let taker: TakerClient;
let report: CertificationReport;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  service = await ExternalService.prepare();
  instance = await service.start({ ...SANDBOX_FOR_CERTIFY, DATA_DIR: dataDir });
  taker = await service.newTaker();
}, START_PATIENCE_MS);
afterAll(async () => {
  await expectInvariants(service.dataSource);
  expect(await instance.stop()).toBe(0);
  await service.drop();
  rmSync(dataDir, { recursive: true });
});

test(
  "the client's session keeps every rule that one socket shows",
  async () => {
    report = await certified(service.url, (url) => new SessionBot(url, taker));
    expect(rulesWith(report, 'fail')).toEqual({});
    expect(rulesWith(report, 'not shown')).toEqual({ 'two-sockets': 'the bot has one socket' });
    expect(report).toMatchObject({ service: service.url, taker: taker.address, verdict: 'pass' });
    const proofs = report.rules.filter(
      ({ verdict, transcript }) => verdict === 'pass' && transcript.length === 0,
    );
    expect(proofs.map(({ name }) => name)).toEqual(['heartbeats']);
    // no transcript tells who the bot is
    const told = JSON.stringify(report);
    for (const secret of [taker.apiKey, taker.apiSecret]) expect(told).not.toContain(secret);
    expect(told).not.toMatch(/0x[0-9a-f]{130}/);
  },
  PATIENCE_MS,
);

test('the sandbox signs that, and what it signs gives a key', async () => {
  const certificate = JSON.stringify(await requestCertificate(report, taker));
  const admin = new AdminTool(service.environment.DATABASE_URL!, { SANDBOX: 'on', DATA_DIR: dataDir });
  const create = ['key', 'create', '--taker', taker.takerId, '--certificate', join(dataDir, 'certificate')];
  writeFileSync(create.at(-1)!, certificate);
  expect((await admin.json(...create)).api_key).toMatch(/^lk_/);
  writeFileSync(create.at(-1)!, certificate.replace('"confirmed_orders":', '"confirmed_orders":1'));
  expect(await admin.refusal(...create)).toContain('is not as its issuer signed it');
});
