import 'reflect-metadata';
import { describe, expect, test } from '@jest/globals';
import type { Fill } from '#trading';
import { Exploration, type Findings } from './model/exhaustive/exploration.js';
import { brokenBy } from './model/exhaustive/invariants.js';
import { MOVES, type Rules } from './model/exhaustive/moves.js';
import { BEGINNING, placed, told } from './model/exhaustive/rows.js';
import { type Commit, WorldInMemory } from './model/exhaustive/world-in-memory.js';
import * as model from './model/order-model.js';

/** Every sequence of calls and due times of one order, in memory, held against the model. */
const DEPTH = 7;

async function explored(depth: number, rules?: Rules): Promise<[Findings, string | null]> {
  const exploration = new Exploration(rules);
  let last: Findings;
  for await (const findings of exploration.to(depth)) last = findings;
  return [last!, exploration.firstDifference];
}

/** What is written when a taker accepts a request late, having refused one before. */
async function accepted(): Promise<Commit> {
  const world = new WorldInMemory();
  const steps = [
    `lock by A with A1 for ${model.LOCK_MAX_S} s`,
    'cancel by its maker',
    'false ("a word") by A with A1 to no request',
    'cancel by its maker',
    'true ("a word") by A with A1 to no request',
  ];
  let now = BEGINNING;
  let [rows, commits]: [ReturnType<typeof placed>, Commit[]] = [placed(), []];
  for (const words of steps) {
    const { call } = MOVES.find((move) => move.words === words)!;
    const before = told(rows);
    ({ rows, commits } = await world.play(rows, now, () => call(world, before)));
    now += model.LONG_S * 1000;
  }
  return structuredClone(commits.at(-1)!);
}

test(`service and model agree in every sequence of up to ${DEPTH} steps`, async () => {
  const [findings, difference] = await explored(DEPTH);
  expect(difference).toBeNull();
  expect(findings.sequences).toBeGreaterThan(10_000_000_000);
}, 300_000);

describe('a wrong rule shows', () => {
  const forgetsConsent: Rules = {
    ...model,
    unlock: (before, now, who) => {
      const [answer, order] = model.unlock(before, now, who);
      return [answer, answer === 200 ? { ...order, status: 'pending' } : order];
    },
  };
  const refusesLateAnswers: Rules = {
    ...model,
    answer: (before, now, given) => {
      const isLate = model.openRequest(model.settled(before, now))?.status === 'timed_out';
      return isLate ? [409002, model.settled(before, now)] : model.answer(before, now, given);
    },
  };
  test.each([
    [
      'of what a call makes of the order',
      forgetsConsent,
      ['lock by A with A1 → 200', 'cancel by its maker → 202', 'unlock by A → 200'],
    ],
    [
      'of an answer',
      refusesLateAnswers,
      [
        'lock by A with A1 for 7200 s → 200',
        'cancel by its maker → 202',
        'time goes on to the end of its request',
        'true ("a word") by A with A1 to no request → 200',
        'the model answers 409002',
      ],
    ],
  ])('%s', async (_, rules, sequence) => {
    const [{ differences }, difference] = await explored(4, rules);
    expect(differences).toBeGreaterThan(0);
    for (const said of sequence) expect(difference).toContain(said);
    const steps = sequence.filter((said) => !said.startsWith('the model'));
    expect(difference).toContain(`${steps.length}. ${steps.at(-1)}`);
    expect(difference).not.toContain(`${steps.length + 1}. `);
  });
});

describe('a broken invariant shows', () => {
  test('none is broken as it is', async () => expect(brokenBy(await accepted())).toEqual([]));

  test.each<[string, (commit: Commit) => void]>([
    ['1:', ({ before }) => (before.order.status = 'cancelled')],
    ['2:', ({ events }) => (events[1]!.version += 1)],
    ['3:', ({ events }) => (events[1]!.actor = { kind: 'operator', user: 'tester' })],
    ['4:', ({ after }) => (after.order.filled_quantity = '40')],
    ['5:', ({ after }) => (after.fill = { fill_quantity: '0' } as Fill)],
    ['6:', ({ events }) => (events[1]!.payload = { metadata: { lock_id: 'another' } })],
    ['7:', ({ before }) => (before.order.locked_taker_id = 'B')],
    ['8:', ({ events }) => events.pop()],
    ['9:', ({ after }) => (after.order.updated_at = new Date(0))],
    ['10:', ({ after }) => after.requests.forEach((request) => (request.status = 'requested'))],
    ['11:', ({ before, events }) => (events[0]!.request_id = before.requests[0]!.id)],
    ['a lock is whole and fits the status', ({ after }) => (after.order.lock_expires_at = new Date(0))],
    ['a request is whole', ({ after }) => (after.requests[1]!.message = null)],
    ['a fill fits the status', ({ after }) => (after.order.status = 'filled')],
  ])('%s', async (sentence, damage) => {
    const commit = await accepted();
    damage(commit);
    expect(brokenBy(commit)).toContainEqual(expect.stringContaining(sentence));
  });
});
