import { NotShown, RuleBroken } from '../stage/outcomes.js';
import type { PlayedOrder } from '../stage/played-order.js';
import { expectOneVerdict, type Scene, seconds } from '../stage/scene.js';
import type { Rule } from './rule.js';

/** A bot may hold as many orders as it likes; with fewer than this it is no load. */
const MIN_QUESTIONS = 20;
/** For the bot to lock one more. */
const LOCK_EACH_MS = 250;

export const LOAD: Rule[] = [
  {
    name: 'many-at-once',
    group: 'load',
    rule: 'Asked about 200 orders at once, it answers each.',
    when: 'alone',
    play: manyAtOnce,
  },
];

async function manyAtOnce(scene: Scene): Promise<string> {
  const { questions: wanted, tape } = scene.stage;
  await scene.connected();
  const orders = await Promise.all(Array.from({ length: wanted }, () => scene.placedOrder()));
  const locked = (): PlayedOrder[] => orders.filter(({ lock, endedBy }) => lock && !endedBy);
  await tape.until(() => locked().length === wanted, scene.waits.lockMs + wanted * LOCK_EACH_MS);
  const held = locked();
  const least = Math.min(MIN_QUESTIONS, wanted);
  if (held.length < least) throw new NotShown(`the bot held ${held.length} of ${wanted} orders at a time`);
  // one that has ended just now cannot be asked about
  const asking = await Promise.allSettled(held.map((order) => order.ask()));
  const asked = held.filter((_, i) => (asking[i] as PromiseFulfilledResult<unknown>).value !== undefined);
  const open = () => asked.filter(({ recorded, endedBy }) => !recorded && !endedBy);
  const since = performance.now();
  await tape.until(() => open().length === 0, patienceOf(scene));
  const left = open().length;
  if (left > 0)
    throw new RuleBroken(
      `${left} of ${asked.length} requests were not answered within ${seconds(patienceOf(scene))}`,
    );
  const answered = asked.filter(({ recorded }) => recorded);
  for (const order of asked) expectOneVerdict(order);
  if (answered.length < least)
    throw new NotShown(
      `the bot answered ${answered.length} of ${asked.length} requests, and ended the others`,
    );
  return `it answered ${answered.length} requests, the last ${seconds(performance.now() - since)} after the last was made`;
}

const patienceOf = ({ waits, stage }: Scene): number =>
  Math.max(waits.answerMs, stage.config.cancellation_timeout_seconds * 1000);
