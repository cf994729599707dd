import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { certified, rulesWith } from '../support/certification.js';
import { lockstep } from '../support/command-line.js';
import { expectInvariants } from '../support/invariants.js';
import { startService, type TestService } from '../support/service.js';
import { Dropper, Filler, HandmadeBot, Hasty, Misspeller, Quitter, Waverer } from './bots/handmade-bot.js';

/** Bots with the faults that bots have in life: each fails the rules that it breaks, and no other. */
const PATIENCE_MS = 200_000;
/** These wait for half a minute or longer for nothing that concerns the faults. */
const LONG = new Set(['heartbeats', 'notices-silence']);
/** A bot that gives up is waited for so long. */
const ANSWER_MS = 10_000;

let service: TestService;
let only: string[];
beforeAll(async () => {
  service = await startService({ CANCELLATION_TIMEOUT_SECONDS: '3', WORKER: 'inline' });
  const { stdout } = await lockstep(['certify', '--list', '--json']);
  const rules = JSON.parse(stdout) as { name: string }[];
  only = rules.map(({ name }) => name).filter((name) => !LONG.has(name));
});
afterAll(async () => {
  await expectInvariants(service.dataSource);
  await service.stop();
});

test.each<[string, typeof HandmadeBot, broken: string[], perhaps?: string[]]>([
  ['that is correct breaks none', HandmadeBot, []],
  ['that drops what is pushed again', Dropper, ['answers-redelivered']],
  [
    'that decides anew whenever it is asked',
    Waverer,
    ['same-verdict-when-asked-again', 'answered-redelivered', 'push-twice'],
    // a connect brings what was missed, and what is open once more, unless the first answer was quicker
    ['socket-cut-before-push', 'socket-cut-during-push', 'socket-cut-after-push'],
  ],
  ['that gives up after a lost reply', Quitter, ['reply-lost', 'request-lost']],
  ['that fills what it has given up', Filler, ['no-fill-after-yes']],
  ['that does not wait as long as it is asked to', Hasty, ['retry-after-429', 'retry-after-503']],
  ['that makes calls of its own form', Misspeller, ['well-formed-calls']],
])(
  'a bot %s',
  async (_, Bot, broken, perhaps = []) => {
    const taker = await service.newTaker();
    const report = await certified(service.url, (url) => new Bot(url, taker), {
      only,
      waits: { answerMs: ANSWER_MS },
    });
    const failed = rulesWith(report, 'fail');
    const names = Object.keys(failed).filter((name) => !perhaps.includes(name));
    expect([names, failed]).toEqual([broken, failed]);
    expect(report.verdict).toBe(broken.length > 0 ? 'fail' : 'incomplete');
  },
  PATIENCE_MS,
);
