import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TakerClient } from '../support/clients.js';
import { certified, rulesWith } from '../support/certification.js';
import { ExternalService } from '../support/external-service.js';
import { expectInvariants } from '../support/invariants.js';
import { hasPython, PYTHON, PYTHON_CLIENT } from '../support/python.js';
import { ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';

/** A bot on the Python client, as its developer would try it: a process of its own, against a sandbox. */
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

(hasPython('the certification of a Python bot') ? describe : describe.skip)(
  'a bot on the Python client',
  () => {
    test(
      'keeps every rule that one socket shows',
      async () => {
        const { apiKey, apiSecret, address } = taker;
        const report = await certified(service.url, (url) => {
          const environment = {
            PYTHONPATH: PYTHON_CLIENT,
            LOCKSTEP_URL: url,
            API_KEY: apiKey,
            API_SECRET: apiSecret,
            TAKER_ADDRESS: address,
          };
          const bot = ServiceProcess.launch(environment, [PYTHON, 'test/certify/bots/client_bot.py']);
          return { end: () => bot.stop() };
        });
        expect(rulesWith(report, 'fail')).toEqual({});
        expect(rulesWith(report, 'not shown')).toEqual({ 'two-sockets': 'the bot has one socket' });
      },
      PATIENCE_MS,
    );
  },
);
