import { verdictIn } from '../runner/bot-call.js';
import { REFUSALS } from '../runner/faults.js';
import { NotShown } from '../stage/outcomes.js';
import { expectOneVerdict, type Scene, seconds } from '../stage/scene.js';
import { leavesItAtThat } from './refusals.js';
import type { Rule } from './rule.js';

const group = 'time and locks';
/** A signature's time may be off by five minutes. */
const CLOCK_OFF_MS = 240_000;
/** After a request's time-out, by the service's clock. */
const SPARE_MS = 300;

export const TIME_AND_LOCKS: Rule[] = [
  {
    name: 'push-late',
    group,
    rule: 'A request that reaches it late it answers.',
    when: 'together',
    play: pushedLate,
  },
  {
    name: 'asked-again-after-timeout',
    group,
    rule: 'A request that timed out and comes again, with a new expires_at, it answers.',
    when: 'together',
    play: askedAfterTimeout,
  },
  {
    name: 'lock-lost',
    group,
    rule: 'Told 409001, that it holds the lock no more, it leaves it at that.',
    when: 'together',
    play: (scene) => leavesItAtThat(scene, REFUSALS.notLocked),
  },
  {
    name: 'clock-behind',
    group,
    rule: 'With a clock 4 minutes behind the service it answers.',
    when: 'together',
    play: (scene) => clockOff(scene, CLOCK_OFF_MS),
  },
  {
    name: 'clock-ahead',
    group,
    rule: 'With a clock 4 minutes ahead, by which a request has timed out, it answers.',
    when: 'together',
    play: (scene) => clockOff(scene, -CLOCK_OFF_MS),
  },
  {
    name: 'slow-reply',
    group,
    rule: 'While the reply to its answer is slow, it gives no other verdict.',
    when: 'alone',
    play: slowReply,
  },
];

async function pushedLate(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  const { latePushMs } = scene.waits;
  scene.onQuestion(order, (push, line) => {
    line.hold(push, `held for ${seconds(latePushMs)}`);
    setTimeout(() => line.send(push.text, { fault: 'late' }), latePushMs).unref();
    return true;
  });
  await scene.ask(order);
  const isKnown = (): boolean =>
    scene.isPushed(order, 'cancellation_request') || order.verdicts.length > 0 || order.endedBy !== undefined;
  await scene.stage.tape.until(isKnown, latePushMs + scene.waits.answerMs);
  scene.expectPushed(order, 'cancellation_request', order.verdicts[0]?.at);
  const recorded = await scene.recorded(order);
  return `it answered ${verdictIn(recorded)}`;
}

async function askedAfterTimeout(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  let isLost = true;
  const aboutFirst = scene.onQuestion(order, (push, line) => {
    if (isLost) line.hold(push, 'lost');
    return isLost;
  });
  const first = await scene.ask(order);
  const timesOutInMs = scene.stage.config.cancellation_timeout_seconds * 1000 + SPARE_MS;
  await scene.stage.tape.until(() => false, timesOutInMs);
  if (order.verdicts.length > 0) throw new NotShown('the bot had found the request in the lists before');
  isLost = false;
  aboutFirst();
  const again = await scene.ask(order);
  if (again.request_id !== first.request_id || again.expires_at === first.expires_at)
    throw new NotShown('the service did not ask the same again');
  const recorded = await scene.recorded(order);
  return `asked again, it answered ${verdictIn(recorded)}`;
}

/** What the service says of times is moved, in pushes and in Date, as a clock that is off would see it. */
async function clockOff(scene: Scene, ms: number): Promise<string> {
  const order = await scene.placedOrder((hash) => {
    scene.onCall((call) => (call.order === hash ? { kind: 'clock off', ms } : undefined));
    scene.onPush((push, line) => {
      if (push.order !== hash) return undefined;
      line.send(moved(push.text, ms), { fault: `times moved by ${ms / 60_000} min` });
      return true;
    });
  });
  await scene.locked(order);
  await scene.ask(order);
  const recorded = await scene.recorded(order);
  scene.expectPushed(order, 'cancellation_request', order.verdicts[0]!.at);
  return `it answered ${verdictIn(recorded)}`;
}

const moved = (text: string, ms: number): string =>
  text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, (time) =>
    new Date(Date.parse(time) + ms).toISOString(),
  );

async function slowReply(scene: Scene): Promise<string> {
  await scene.connected();
  const order = await scene.lockedOrder();
  const { slowReplyMs } = scene.waits;
  scene.onAnswers(order, { kind: 'reply held', ms: slowReplyMs });
  await scene.ask(order);
  await scene.recorded(order);
  await scene.stage.tape.until(() => false, slowReplyMs);
  await scene.settle();
  expectOneVerdict(order);
  const { length } = order.verdicts;
  return length === 1 ? 'it waited for the reply' : `it repeated the same verdict (${length - 1})`;
}
