import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { RULE_NAMES, type RuleName } from '#certificates';
import type { CertificationReport } from '../../libs/cli/src/index.js';
import { type Candidate, certified, rulesWith, SANDBOX_FOR_CERTIFY } from '../support/certification.js';
import type { TakerClient } from '../support/clients.js';
import { ExternalService } from '../support/external-service.js';
import { expectInvariants } from '../support/invariants.js';
import { type ServiceProcess, START_PATIENCE_MS } from '../support/service-process.js';
import { HandmadeBot } from './bots/handmade-bot.js';
import * as other from './bots/other-bots.js';
import * as wrong from './bots/wrong-bots.js';

/** Bots with the faults that bots have in life fail the rules that they break; correct ones of another build fail none. */
const PATIENCE_MS = 400_000;
/** Each a service of its own, since every bot locks whatever order it hears of. */
const LANES = 4;
/** A bot that gives up is waited for so long. */
const ANSWER_MS = 5_000;

type Bot = new (url: string, taker: TakerClient) => Candidate;

/** As one who connects twice. */
const both = (One: Bot, Other: Bot): Bot =>
  function Both(this: object, url: string, taker: TakerClient) {
    const bots = [new One(url, taker), new Other(url, taker)];
    return { end: () => Promise.all(bots.map((bot) => bot.end())) };
  } as unknown as Bot;

interface Case {
  is: string;
  Bot: Bot;
  broken: RuleName[];
  /** Rules that it keeps, and that have the orders by which those at the end are judged. */
  with?: RuleName[];
  /** Rules that it does not show, where it is about these. */
  unshown?: RuleName[];
  silenceMs?: number;
}

const CORRECT = RULE_NAMES.filter((name) => name !== 'notices-silence'); // a minute
const CASES: Case[] = [
  { is: 'that is correct breaks none', Bot: HandmadeBot, broken: [], with: CORRECT },
  {
    is: 'that is correct, on two sockets, breaks none',
    Bot: both(HandmadeBot, HandmadeBot),
    broken: [],
    with: CORRECT,
  },
  {
    is: 'that is correct, on a socket for each type, breaks none',
    Bot: other.Splitter,
    broken: [],
    with: CORRECT,
  },
  { is: 'that answers no ping', Bot: wrong.Loner, broken: ['heartbeats', 'ignores-unknown-types'] },
  {
    is: 'that goes on after what it has read breaks none',
    Bot: other.Catcher,
    broken: [],
    with: ['resumes', 'socket-cut-before-push'],
  },
  {
    is: 'that reads what it is asked shows nothing of pushes',
    Bot: other.Poller,
    broken: [],
    unshown: ['push-twice', 'push-late', 'clock-behind', 'clock-ahead', 'ignores-unknown-fields'],
  },
  {
    is: 'that gives back what it is asked about shows no answers',
    Bot: other.Giver,
    broken: [],
    unshown: ['many-at-once'],
  },
  {
    is: 'that goes when a connection is lost',
    Bot: wrong.Leaver,
    broken: ['socket-cut-before-push'],
  },
  {
    is: 'that decides anew whenever it is asked',
    Bot: wrong.Waverer,
    broken: ['same-verdict-when-asked-again', 'answered-redelivered', 'push-twice'],
  },
  { is: 'that drops what is pushed again', Bot: wrong.Dropper, broken: ['answers-redelivered'] },
  { is: 'that gives up after a lost reply', Bot: wrong.Quitter, broken: ['reply-lost', 'request-lost'] },
  {
    is: 'that takes what passes for final',
    Bot: wrong.Resigner,
    broken: ['server-error', 'suspended-then-resumed'],
  },
  { is: 'that takes nothing for final', Bot: wrong.Stubborn, broken: ['lock-lost', 'already-answered'] },
  { is: 'that answers twice', Bot: wrong.Repeater, broken: ['answers-each-request'] },
  { is: 'that thinks better of it when it has to wait', Bot: wrong.Impatient, broken: ['slow-reply'] },
  {
    is: 'that fills what it has given up',
    Bot: wrong.Filler,
    broken: ['no-fill-after-yes'],
    with: ['answers-each-request'],
  },
  {
    is: 'that gives up what it has filled',
    Bot: wrong.Trader,
    broken: ['no-yes-after-fill'],
    with: ['answers-each-request'],
  },
  {
    is: 'that claims to keep what it has unlocked',
    Bot: wrong.Unlocker,
    broken: ['unlock-then-yes'],
    with: ['answers-each-request'],
  },
  {
    is: 'that does not wait as long as it is asked to',
    Bot: wrong.Hasty,
    broken: ['retry-after-429', 'retry-after-503', 'key-rotated'],
  },
  {
    is: 'that makes calls of its own form',
    Bot: wrong.Misspeller,
    broken: ['well-formed-calls'],
    with: ['answers-each-request'],
  },
  { is: 'that forgets what it has heard', Bot: wrong.Forgetter, broken: ['drops-what-it-has-seen'] },
  {
    is: 'that believes its own clock',
    Bot: wrong.Clockwatcher,
    broken: ['push-late', 'clock-behind', 'clock-ahead'],
  },
  { is: 'that reads only what it knows in full', Bot: wrong.Pedant, broken: ['ignores-unknown-fields'] },
  { is: 'that answers every other request', Bot: wrong.Idler, broken: ['many-at-once'] },
  { is: 'that does not mind what it has missed', Bot: wrong.Optimist, broken: ['resync'] },
  {
    is: 'that says yes and no on two sockets',
    Bot: both(HandmadeBot, wrong.Refuser),
    broken: ['two-sockets'],
  },
  { is: 'that does not notice silence', Bot: HandmadeBot, broken: ['notices-silence'], silenceMs: 2_000 },
];

class Lane {
  private constructor(
    readonly service: ExternalService,
    private readonly instance: ServiceProcess,
    private readonly dataDir: string,
  ) {}

  static async open(): Promise<Lane> {
    const dataDir = mkdtempSync(join(tmpdir(), 'lockstep-'));
    const service = await ExternalService.prepare();
    return new Lane(service, await service.start({ ...SANDBOX_FOR_CERTIFY, DATA_DIR: dataDir }), dataDir);
  }

  async run({ Bot, broken, with: others = [], unshown = [], silenceMs }: Case): Promise<CertificationReport> {
    const taker = await this.service.newTaker();
    return certified(this.service.url, (url) => new Bot(url, taker), {
      only: [...broken, ...others, ...unshown],
      waits: { ...(broken.length > 0 && { answerMs: ANSWER_MS }), ...(silenceMs && { silenceMs }) },
    });
  }

  async close(): Promise<void> {
    await expectInvariants(this.service.dataSource);
    expect(await this.instance.stop()).toBe(0);
    await this.service.drop();
    rmSync(this.dataDir, { recursive: true });
  }
}

let lanes: Lane[];
let reports: Promise<CertificationReport>[];
beforeAll(async () => {
  lanes = await Promise.all(Array.from({ length: LANES }, () => Lane.open()));
  const turns: Promise<unknown>[] = [];
  reports = CASES.map((each, index) => {
    const lane = index % LANES;
    const report = Promise.resolve(turns[lane]).then(() => lanes[lane]!.run(each));
    turns[lane] = report.catch(() => {}); // its test tells
    return report;
  });
}, START_PATIENCE_MS);
afterAll(() => Promise.all(lanes.map((lane) => lane.close())), PATIENCE_MS);

test.each(CASES.map(({ is, broken, unshown }, index) => ({ is, broken, unshown, index })))(
  'a bot $is',
  async ({ broken, unshown, index }) => {
    const report = await reports[index]!;
    const failed = rulesWith(report, 'fail');
    expect([Object.keys(failed).toSorted(), failed]).toEqual([broken.toSorted(), failed]);
    expect(report.verdict).toBe(broken.length > 0 ? 'fail' : unshown ? 'incomplete' : 'pass');
    // pings are on no transcript
    const unproved = report.rules.filter(
      ({ name, verdict, transcript }) =>
        verdict === 'fail' && name !== 'heartbeats' && transcript.length === 0,
    );
    expect(unproved).toEqual([]);
    if (unshown) expect(Object.keys(rulesWith(report, 'not shown')).toSorted()).toEqual(unshown.toSorted());
  },
  PATIENCE_MS,
);
