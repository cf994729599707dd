import type { RuleName } from '#certificates';
import type { BotCall } from '../runner/bot-call.js';
import type { RuleGroup } from '../report.js';
import type { PlayedOrder } from '../stage/played-order.js';
import type { Scene, Stage } from '../stage/scene.js';

/** What a correct bot does, and how that is found out. */
export type Rule = {
  name: RuleName;
  group: RuleGroup;
  rule: string;
} & (
  | {
      /**
       * `together`: with others at the same time, since it concerns nothing but its own orders. `alone`: all of the bot's
       * sockets or calls are concerned.
       */
      when: 'together' | 'alone';
      /** Resolves to what the bot did; throws RuleBroken or NotShown otherwise. */
      play: (scene: Scene) => Promise<string>;
    }
  | {
      /** Judged from all that passed. */
      when: 'at the end';
      judge: (stage: Stage, proof: Proof) => Promise<string> | string;
    }
);

/** What a rule that is judged at the end is proved by. */
export interface Proof {
  orders: Set<string>;
  calls: Set<BotCall>;
}

/** Enough orders or calls to prove a rule that holds for all of them. */
export const MAX_PROOFS = 3;

/** Adds an order to the proof. */
export function proving({ orders }: Proof, order: Pick<PlayedOrder, 'hash'>): void {
  orders.add(order.hash);
}
