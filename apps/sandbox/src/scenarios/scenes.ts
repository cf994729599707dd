import { all } from './all.js';
import { ANSWERS, ENDS, type Outcome, type PlacedOrder, type Play, ScenarioFailure } from './play.js';
import type { ScenarioName } from './scenario-names.js';

/** The operator's access to orders. */
export interface Operator {
  suspend(orderHash: string): Promise<unknown>;
  resume(orderHash: string): Promise<unknown>;
}

type Scene = (play: Play, operator?: Operator) => Promise<void>;

/** After which a trade may be under way, in steps. */
const STEPS_INTO_TRADE = 3;
const STEPS_SUSPENDED = 3;
const BURST_ORDERS = 50;
/** When the races' requests go out, by the time that the bot takes to fill. */
const RACES = [0.8, 0.9, 1, 1.1, 1.2];

export const SCENES: Record<ScenarioName, Scene> = {
  'cancel-before-trade': async (play) => {
    const order = await play.lockedOrder();
    await answered(play, order);
  },

  'cancel-while-trading': async (play) => {
    const order = await play.lockedOrder();
    await play.pace.steps(STEPS_INTO_TRADE);
    await answered(play, order);
  },

  'cancel-then-silence': async (play) => {
    const order = await play.lockedOrder();
    if ((await play.ask(order)) !== 'timed_out') return;
    play.note('The maker does not ask again: an answer still counts while the lock lives', order.order_hash);
    await play.hear(order, ANSWERS, 'a late answer');
  },

  'ask-again': async (play) => {
    const order = await play.lockedOrder();
    const outcome = await play.ask(order);
    if (outcome === 'rejected' || outcome === 'timed_out') await answered(play, order);
  },

  burst: async (play) => {
    const orders = await all(Array.from({ length: BURST_ORDERS }, () => play.lockedOrder()));
    const outcomes = await all(orders.map((order) => play.ask(order)));
    play.note(`Of ${BURST_ORDERS} requests: ${countsOf(outcomes)}`);
    if (outcomes.includes('timed_out')) throw new ScenarioFailure('not every request was answered in time');
  },

  'fill-races-cancel': async (play) => {
    const probe = await play.lockedOrder();
    const lockedAt = performance.now();
    play.note('The maker looks how long the bot takes to fill', probe.order_hash);
    await play.hear(probe, ENDS, 'the bot to fill it');
    const takesMs = performance.now() - lockedAt;
    const outcomes = await all(
      RACES.map(async (part) => {
        const order = await play.lockedOrder();
        await play.pace.wait(part * takesMs);
        const outcome = await play.ask(order);
        if (outcome !== 'timed_out') await play.hear(order, ENDS, 'the order to end');
        return outcome;
      }),
    );
    play.note(`Of ${RACES.length} races: ${countsOf(outcomes)}`);
  },

  'suspend-and-resume': async (play, operator) => {
    const order = await play.lockedOrder();
    await operator!.suspend(order.order_hash);
    try {
      await play.pace.steps(STEPS_SUSPENDED);
    } finally {
      await operator!.resume(order.order_hash);
    }
    await answered(play, order);
  },
};

async function answered(play: Play, order: PlacedOrder): Promise<void> {
  const outcome = await play.ask(order);
  if (outcome === 'timed_out') throw new ScenarioFailure('the bot did not answer in time');
}

function countsOf(outcomes: Outcome[]): string {
  const counts = new Map<Outcome, number>();
  for (const outcome of outcomes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
}
