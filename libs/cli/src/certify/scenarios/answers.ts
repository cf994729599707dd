import { type BotCall, FILL, isDone, UNLOCK, verdictIn } from '../runner/bot-call.js';
import { REFUSALS } from '../runner/faults.js';
import { NotShown, RuleBroken } from '../stage/outcomes.js';
import type { PlayedOrder } from '../stage/played-order.js';
import { expectOneVerdict, type Scene, type Stage } from '../stage/scene.js';
import { MAX_PROOFS, type Proof, proving, type Rule } from './rule.js';

const group = 'answers';

export const ANSWERS: Rule[] = [
  {
    name: 'answers-each-request',
    group,
    rule: 'It answers a cancellation request once, and the service records that verdict.',
    when: 'together',
    play: answersOnce,
  },
  {
    name: 'same-verdict-when-asked-again',
    group,
    rule: 'Asked the same again before its answer is recorded, it gives the same verdict or none.',
    when: 'together',
    play: askedAgain,
  },
  {
    name: 'no-yes-after-fill',
    group,
    rule: 'It does not give up an order that it has filled.',
    when: 'at the end',
    judge: (stage, proof) => {
      const filled = ordersIn(stage).filter((order) => doneAt(order, FILL) !== undefined);
      const broken = filled.find((order) =>
        order.verdicts.some((call) => verdictIn(call) && call.at > doneAt(order, FILL)!),
      );
      return judged(proof, filled, broken, {
        broken: 'it filled an order, and then answered true',
        pass: 'of what it filled it gave nothing up',
        none: 'the bot filled no order during the run',
      });
    },
  },
  {
    name: 'no-fill-after-yes',
    group,
    rule: 'It does not fill an order that it has given up.',
    when: 'at the end',
    judge: (stage, proof) => {
      const given = ordersIn(stage).filter(({ verdicts }) => verdicts.some(verdictIn));
      const broken = given.find((order) => {
        const yes = order.verdicts.find(verdictIn)!;
        return order.callsTo(FILL).some(({ at }) => at > yes.at);
      });
      return judged(proof, given, broken, {
        broken: 'it answered true, and then filled the order',
        pass: 'what it gave up it did not fill',
        none: 'the bot answered no request with true during the run',
      });
    },
  },
  {
    name: 'unlock-then-yes',
    group,
    rule: 'Where it unlocks an order that it is asked about, it answers with true, if at all.',
    when: 'at the end',
    judge: (stage, proof) => {
      const unlocked = ordersIn(stage).filter((order) => {
        const at = doneAt(order, UNLOCK);
        return at !== undefined && order.askedAt !== undefined && at > order.askedAt;
      });
      const broken = unlocked.find((order) =>
        order.verdicts.some((call) => verdictIn(call) === false && call.at > doneAt(order, UNLOCK)!),
      );
      return judged(proof, unlocked, broken, {
        broken: 'it unlocked an order that it was asked about, and then answered false',
        pass: 'what it unlocked when asked it did not claim to keep',
        none: 'the bot unlocked no order that it was asked about',
      });
    },
  },
];

async function answersOnce(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  await scene.ask(order);
  const recorded = await scene.recorded(order);
  await scene.settle();
  expectOneVerdict(order);
  const told = order.verdicts.filter((call) => call.told?.status === 200).length;
  if (told > Math.max(order.askedOn, 1))
    throw new RuleBroken(`it answered ${told} times, though the first answer was recorded`);
  const wanted = verdictIn(recorded) ? 'accepted' : 'rejected';
  const isRecorded = (await order.history()).some(
    (event) => event.type === 'cancellation_update' && event.data.status === wanted,
  );
  if (!isRecorded) throw new RuleBroken(`the service's history does not say that the request was ${wanted}`);
  return `it answered ${verdictIn(recorded)} once, and the request was ${wanted}`;
}

async function askedAgain(scene: Scene): Promise<string> {
  const order = await scene.lockedOrder();
  const { retryAfterSeconds } = scene.waits;
  const refusing = scene.onAnswers(
    order,
    { kind: 'refused', refusal: REFUSALS.unavailable(retryAfterSeconds), passed: false },
    Infinity,
  );
  await scene.ask(order);
  await scene.answer(order);
  pushAgain(order);
  refusing();
  await scene.recorded(order);
  await scene.settle();
  expectOneVerdict(order);
  return `its ${order.verdicts.length} answers agree`;
}

/** Pushes an order's question once more where it was pushed, as the service does at a connect. */
export function pushAgain({ questions }: PlayedOrder): void {
  const asked = questions.find(({ line }) => line.isOpen);
  if (!asked) throw new NotShown('the bot has no socket on which it could be asked again');
  const { line } = asked;
  const { message } = asked.push;
  const metadata = { ...message.data?.metadata, redelivered: true };
  line.send(JSON.stringify({ ...message, data: { ...message.data, metadata } }), { fault: 'once more' });
}

const ordersIn = ({ cast }: Stage): PlayedOrder[] => cast.orders;

const doneAt = (order: PlayedOrder, path: string): number | undefined =>
  order.callsTo(path).find((call: BotCall) => isDone(call))?.at;

function judged(
  proof: Proof,
  seen: PlayedOrder[],
  broken: PlayedOrder | undefined,
  words: { broken: string; pass: string; none: string },
): string {
  for (const order of broken ? [broken] : seen.slice(0, MAX_PROOFS)) proving(proof, order);
  if (broken) throw new RuleBroken(words.broken);
  if (seen.length === 0) throw new NotShown(words.none);
  return `${words.pass} (orders: ${seen.length})`;
}
