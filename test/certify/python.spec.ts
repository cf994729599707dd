import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TakerClient } from '../support/clients.js';
import { certified, rulesWith } from '../support/certification.js';
import { expectInvariants } from '../support/invariants.js';
import { ServiceProcess } from '../support/service-process.js';
import { startService, type TestService } from '../support/service.js';

/** A bot in another language, as its developer would try it: a process that signs what it says. */
const PATIENCE_MS = 400_000;
const PYTHON = '/usr/bin/python3';

/** In CI it must be there. */
function isHere(): boolean {
  if (process.env.CI === 'true') return true;
  try {
    execFileSync(PYTHON, ['-c', 'import websockets'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('skipped: the certification of a Python bot (Debian: apt-get install python3-websockets)');
    return false;
  }
}

let service: TestService;
let taker: TakerClient;
beforeAll(async () => {
  service = await startService({ CANCELLATION_TIMEOUT_SECONDS: '3', WORKER: 'inline' });
  taker = await service.newTaker();
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

(isHere() ? describe : describe.skip)('a bot in Python', () => {
  test(
    'keeps every rule that it can show',
    async () => {
      const { apiKey, apiSecret, address } = taker;
      const report = await certified(service.url, (url) => {
        const environment = {
          LOCKSTEP_URL: url,
          API_KEY: apiKey,
          API_SECRET: apiSecret,
          TAKER_ADDRESS: address,
        };
        const bot = ServiceProcess.launch(environment, [PYTHON, 'test/certify/bots/taker.py']);
        return { end: () => bot.stop() };
      });
      expect(rulesWith(report, 'fail')).toEqual({});
      // it says yes to all, on one socket, and nobody suspends
      expect(Object.keys(rulesWith(report, 'not shown'))).toEqual([
        'no-yes-after-fill',
        'unlock-then-yes',
        'two-sockets',
        'suspended-then-resumed',
      ]);
    },
    PATIENCE_MS,
  );
});
