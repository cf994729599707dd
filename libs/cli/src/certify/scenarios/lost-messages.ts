import { LOCK, verdictIn } from '../runner/bot-call.js';
import type { BotLine } from '../runner/bot-line.js';
import { NotShown, RuleBroken } from '../stage/outcomes.js';
import type { PlayedOrder } from '../stage/played-order.js';
import { expectOneVerdict, type Scene, seconds } from '../stage/scene.js';
import { pushAgain } from './answers.js';
import type { Rule } from './rule.js';

const group = 'lost messages';

export const LOST_MESSAGES: Rule[] = [
  {
    name: 'reply-lost',
    group,
    rule: 'When the reply to its answer is lost after the service recorded it, it finds out or repeats the same verdict.',
    when: 'together',
    play: replyLost,
  },
  {
    name: 'request-lost',
    group,
    rule: 'When its answer is lost before the service has it, it sends the same verdict again.',
    when: 'together',
    play: requestLost,
  },
  {
    name: 'answers-redelivered',
    group,
    rule: 'It answers a redelivered request that it has not answered.',
    when: 'alone',
    play: redelivered,
  },
  {
    name: 'answered-redelivered',
    group,
    rule: 'It does not answer a redelivered request otherwise than before.',
    when: 'together',
    play: answeredAndRedelivered,
  },
  {
    name: 'push-twice',
    group,
    rule: 'A request that is pushed twice gets one verdict.',
    when: 'together',
    play: pushedTwice,
  },
  {
    name: 'drops-what-it-has-seen',
    group,
    rule: 'A new order that is pushed twice, with one id, is locked once.',
    when: 'together',
    play: newOrderTwice,
  },
];

async function replyLost(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  scene.onAnswers(order, { kind: 'reply lost' });
  await scene.ask(order);
  const lost = await scene.answer(order);
  const { tape } = scene.stage;
  const later = () =>
    order.calls.find(
      (call) => call.at > lost.at && call.told && (call.method === 'GET' || verdictIn(call) !== undefined),
    );
  const next = await tape.until(later, scene.waits.answerMs);
  if (!next) {
    if (order.endedBy) throw new NotShown(`the bot ended the order by ${order.endedBy} at once`);
    const patience = seconds(scene.waits.answerMs);
    throw new RuleBroken(`it gave up: within ${patience} it neither repeated its answer nor read the order`);
  }
  await scene.settle();
  expectOneVerdict(order);
  return verdictIn(next) === undefined ? `it read ${next.path}` : `it repeated ${verdictIn(next)}`;
}

async function requestLost(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  scene.onAnswers(order, { kind: 'request lost' });
  await scene.ask(order);
  await scene.answer(order);
  const recorded = await scene.recorded(order);
  return `it sent ${verdictIn(recorded)} again, and that was recorded`;
}

async function redelivered(scene: Scene): Promise<string> {
  const { runner, tape } = scene.stage;
  const order = await scene.lockedOrder();
  const lost = scene.onQuestion(order, (push, line) => {
    line.hold(push, 'lost');
    return true;
  });
  await scene.ask(order);
  await tape.until(() => order.questions.length > 0, scene.waits.answerMs);
  // what each socket hears later moves the place where it goes on, so that the question itself does not come again
  const later = await scene.lockedOrder();
  await scene.ask(later);
  await scene.recorded(later);
  lost();
  runner.cutLines();
  await scene.connected();
  await scene.recorded(order);
  const again = order.questions.some(({ push }) => push.message.data?.metadata?.redelivered === true);
  if (!again) throw new NotShown('the bot was told of the request otherwise before it was asked once more');
  return 'asked once more when it had connected again, it answered';
}

async function answeredAndRedelivered(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  await scene.ask(order);
  await scene.recorded(order);
  pushAgain(order);
  await scene.settle();
  return oneVerdict(order);
}

async function pushedTwice(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  scene.onQuestion(order, (push, line) => {
    line.send(push.text);
    line.send(push.text, { fault: 'once more' });
    return true;
  });
  await scene.ask(order);
  await scene.recorded(order);
  await scene.settle();
  scene.expectPushed(order, 'cancellation_request');
  return oneVerdict(order);
}

async function newOrderTwice(scene: Scene): Promise<string> {
  const lines = new Set<BotLine>();
  const order = await scene.placedOrder((hash) => {
    scene.onPush((push, line) => {
      const { type, message } = push;
      const isNew = type === 'order_status_change' && message.data?.from_status === null;
      if (push.order !== hash || !isNew) return undefined;
      lines.add(line);
      line.send(push.text);
      line.send(push.text, { fault: 'once more' });
      return true;
    });
  });
  await scene.locked(order);
  await scene.settle();
  scene.expectPushed(order, 'order_status_change');
  const locks = order.callsTo(LOCK).length;
  if (locks > lines.size) throw new RuleBroken(`it locked one order ${locks} times`);
  return lines.size === 1
    ? 'it locked the order once'
    : `it locked the order once on each of ${lines.size} sockets, at most`;
}

/** Says that the verdicts agree, or throws. */
function oneVerdict(order: PlayedOrder): string {
  expectOneVerdict(order);
  const { length } = order.verdicts;
  return length === 1 ? 'it answered once' : `its ${length} answers agree`;
}
