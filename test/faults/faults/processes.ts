import { until } from '../../support/until.js';
import type { Fault } from './fault.js';

/** One instance after the other, in the middle of a call each. */
export const killedInstance: Fault = {
  name: 'kill -9 of an API instance',
  times: 4,
  async inject({ fleet, traffic: { ledger } }, round) {
    const { member } = fleet.instances[round % 2]!;
    const before = ledger.unanswered;
    await until(() => ledger.underWayAt(member.url) > 0, 'a call to be under way');
    await member.kill();
    await until(() => ledger.unanswered > before, 'the call to break off');
    await member.start();
    return 1;
  },
};
