import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { certified, rulesWith, SANDBOX_FOR_CERTIFY } from '../support/certification.js';
import { canRun, EXAMPLE_TAKERS } from '../support/example-takers.js';
import { ExternalService } from '../support/external-service.js';
import { expectInvariants } from '../support/invariants.js';
import { hasPython, PYTHON, PYTHON_CLIENT } from '../support/python.js';
import { ServiceProcess } from '../support/service-process.js';

/** Takers in other languages as their developers would try them: processes of their own, each against its own sandbox, side by side. */
const PATIENCE_MS = 400_000;
/** Longer than any question here is open, and shorter than the run. */
const TRADE_SECONDS = '20';
const ONE_SOCKET = { 'two-sockets': 'the bot has one socket' };
const NO_UNLOCK = { 'unlock-then-yes': 'the bot unlocked no order that it was asked about' };

interface Bot {
  language: string;
  build: (folder: string) => Promise<string[]>;
  notShown: Record<string, string>;
}

const pythonBot = {
  language: 'Python',
  build: async () => [PYTHON, 'test/certify/bots/client_bot.py'],
  notShown: ONE_SOCKET,
};
const BOTS: Bot[] = [
  ...(hasPython('the certification of a bot in Python') ? [pythonBot] : []),
  ...EXAMPLE_TAKERS.filter((example) => canRun(example, 'the certification of the taker')).map((example) => ({
    ...example,
    notShown: { ...ONE_SOCKET, ...NO_UNLOCK },
  })),
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function rulesOf({ language, build }: Bot) {
  const service = await ExternalService.prepare();
  const command = await build(folder);
  const instance = await service.start({ ...SANDBOX_FOR_CERTIFY, DATA_DIR: join(folder, language) });
  try {
    const { apiKey, apiSecret, address } = await service.newTaker();
    const report = await certified(service.url, (url) => {
      const taker = {
        LOCKSTEP_API_KEY: apiKey,
        LOCKSTEP_SIGNING_SECRET: apiSecret,
        LOCKSTEP_TAKER_ADDRESS: address,
      };
      const environment = { PYTHONPATH: PYTHON_CLIENT, TRADE_SECONDS, LOCKSTEP_URL: url, ...taker };
      const bot = ServiceProcess.launch(environment, command);
      return { end: () => bot.stop() };
    });
    await expectInvariants(service.dataSource);
    return { fail: rulesWith(report, 'fail'), notShown: rulesWith(report, 'not shown') };
  } finally {
    expect(await instance.stop()).toBe(0);
    await service.drop();
  }
}

(BOTS.length > 0 ? test : test.skip)(
  'a bot on the Python client, and the takers in Java and Go, keep every rule that they show',
  async () => {
    const outcomes = await Promise.allSettled(BOTS.map(rulesOf));
    const expected = BOTS.map(({ notShown }) => ({ status: 'fulfilled', value: { fail: {}, notShown } }));
    expect(outcomes).toEqual(expected);
  },
  PATIENCE_MS,
);
