import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TakerClient } from '../support/clients.js';
import { certified, rulesWith } from '../support/certification.js';
import { ExternalService } from '../support/external-service.js';
import { expectInvariants } from '../support/invariants.js';
import { type ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';
import { SessionBot } from './bots/session-bot.js';

/** Every rule, as a correct bot keeps it: the client's session, against a sandbox. */
const PATIENCE_MS = 400_000;
const SETTINGS = {
  SANDBOX: 'on',
  SANDBOX_STEP_MS: '200',
  SANDBOX_ORDERS_PER_MINUTE: '0',
  CANCELLATION_TIMEOUT_SECONDS: '3',
  WORKER: 'inline',
};

let dataDir: string;
let service: ExternalService;
let instance: ServiceProcess;
let taker: TakerClient;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
  service = await ExternalService.prepare();
  instance = await service.start({ ...SETTINGS, DATA_DIR: dataDir });
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
    const report = await certified(service.url, (url) => new SessionBot(url, taker));
    expect(rulesWith(report, 'fail')).toEqual({});
    expect(rulesWith(report, 'not shown')).toEqual({ 'two-sockets': 'the bot has one socket' });
    expect(report).toMatchObject({ service: service.url, taker: taker.address, verdict: 'incomplete' });
    const proofs = report.rules.filter(
      ({ verdict, transcript }) => verdict === 'pass' && transcript.length === 0,
    );
    expect(proofs.map(({ name }) => name)).toEqual(['heartbeats', 'well-formed-calls']);
    // no transcript tells who the bot is
    const told = JSON.stringify(report);
    for (const secret of [taker.apiKey, taker.apiSecret]) expect(told).not.toContain(secret);
    expect(told).not.toMatch(/0x[0-9a-f]{130}/);
  },
  PATIENCE_MS,
);

test(
  'two of its sockets are asked, and one verdict comes',
  async () => {
    const report = await certified(
      service.url,
      (url) => {
        const bots = [new SessionBot(url, taker, 'yes'), new SessionBot(url, taker, 'yes')];
        return { end: () => Promise.all(bots.map((bot) => bot.end())) };
      },
      { only: ['two-sockets'] },
    );
    expect(report.rules).toMatchObject([
      { verdict: 'pass', reason: 'asked on 2 sockets, it gave one verdict' },
    ]);
    expect(report.verdict).toBe('pass');
  },
  PATIENCE_MS,
);
