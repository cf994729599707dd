import { CANCEL_RESULT, FILL, isSocket, verdictIn } from '../runner/bot-call.js';
import { type Refusal, REFUSALS } from '../runner/faults.js';
import { RuleBroken } from '../stage/outcomes.js';
import { expectOneVerdict, type Scene, seconds } from '../stage/scene.js';
import type { Rule } from './rule.js';
import { suspendedAndResumed } from './suspension.js';

const group = 'refusals';
/** Clocks and timers of the bot's may be off by so much. */
const TOLERANCE_MS = 250;
/** Calls of one order that a final refusal may still meet: what was under way, and a second look. */
const MAX_AFTER_REFUSAL = 3;
/** Calls a second while the key is refused. */
const MAX_REFUSED_PER_SECOND = 5;

export const REFUSED: Rule[] = [
  {
    name: 'retry-after-429',
    group,
    rule: 'Told 429 with Retry-After, it sends its answer again, and not earlier than that.',
    when: 'together',
    play: (scene) => comesBack(scene, REFUSALS.tooMany(scene.waits.retryAfterSeconds)),
  },
  {
    name: 'retry-after-503',
    group,
    rule: 'Told 503 with Retry-After, it sends its answer again, and not earlier than that.',
    when: 'together',
    play: (scene) => comesBack(scene, REFUSALS.unavailable(scene.waits.retryAfterSeconds)),
  },
  {
    name: 'server-error',
    group,
    rule: 'Told 500, it sends the same answer again.',
    when: 'together',
    play: (scene) => comesBack(scene, REFUSALS.internal),
  },
  {
    name: 'already-answered',
    group,
    rule: 'Told 409003, that the request was resolved otherwise, it leaves it at that.',
    when: 'together',
    play: (scene) => leavesItAtThat(scene, REFUSALS.answered),
  },
  {
    name: 'suspended-then-resumed',
    group,
    rule: 'An order that is suspended under it, and resumed, it goes on with; told 409009, it sends its answer again.',
    when: 'alone',
    play: suspendedAndResumed,
  },
  {
    name: 'key-rotated',
    group,
    rule: 'When its key is refused for a while, it does not hammer, and comes back when the key is good again.',
    when: 'alone',
    play: keyRefused,
  },
];

async function comesBack(scene: Scene, refusal: Refusal): Promise<string> {
  const order = await scene.lockedOrder();
  const { retryAfterSeconds = 0 } = refusal;
  // as long as it is asked to wait; each of its sockets may have an answer under way before one is told
  let openAt: number | undefined;
  scene.onCall((call) => {
    if (verdictIn(call) === undefined || call.order !== order.hash) return undefined;
    const isFirst = openAt === undefined;
    openAt ??= call.at + retryAfterSeconds * 1000 - TOLERANCE_MS;
    return isFirst || call.at < openAt ? { kind: 'refused', refusal, passed: false } : undefined;
  });
  await scene.ask(order);
  const refused = await scene.answer(order);
  const recorded = await scene.recorded(order);
  const early = order.verdicts.filter(({ at }) => at > refused.at && at < openAt!);
  const next = early[Math.max(order.askedOn, 1) - 1] ?? recorded;
  const waited = seconds(next.at - refused.at);
  if (next !== recorded)
    throw new RuleBroken(`asked to wait ${retryAfterSeconds} s, it came back after ${waited}`);
  return `it came back after ${waited}, and ${verdictIn(recorded)} was recorded`;
}

/** The service has recorded the answer, but the bot is told that the request or the lock is gone. */
export async function leavesItAtThat(scene: Scene, refusal: Refusal): Promise<string> {
  const order = await scene.lockedOrder();
  scene.onAnswers(order, { kind: 'refused', refusal, passed: true }, Infinity);
  await scene.ask(order);
  const refused = await scene.answer(order);
  await scene.settle();
  expectOneVerdict(order);
  const later = order.calls.filter(({ at }) => at > refused.at);
  const again = later.filter(({ path }) => path === CANCEL_RESULT).length;
  if (again > MAX_AFTER_REFUSAL) throw new RuleBroken(`it repeated its answer ${again} times`);
  if (verdictIn(refused) && later.some(({ path }) => path === FILL))
    throw new RuleBroken('it answered true, and then filled the order');
  return again === 0 ? 'it did not answer again' : `it repeated the same answer (${again})`;
}

async function keyRefused(scene: Scene): Promise<string> {
  const { runner, tape } = scene.stage;
  const { keyRefusedMs } = scene.waits;
  await scene.connected();
  const since = performance.now();
  const accept = scene.onCall(() => ({ kind: 'refused', refusal: REFUSALS.keyUnknown, passed: false }));
  runner.closeLines();
  await tape.until(() => false, keyRefusedMs);
  const calls = tape.calls.filter(({ at }) => at > since);
  accept();
  const most = Math.ceil((MAX_REFUSED_PER_SECOND * keyRefusedMs) / 1000);
  if (calls.length > most)
    throw new RuleBroken(`it called ${calls.length} times in ${seconds(keyRefusedMs)} with a refused key`);
  await scene.connected();
  const order = await scene.lockedOrder();
  await scene.ask(order);
  await scene.recorded(order);
  const tries = calls.filter(isSocket).length;
  return `it called ${calls.length} times meanwhile (${tries} for a socket), and came back`;
}
