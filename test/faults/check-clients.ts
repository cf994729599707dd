import type { Finding } from '#trading';
import type { Evidence } from './evidence.js';
import { allEventsHeard, nothingSilentlyMissing, onlyOwnEventsHeard } from './heard.js';
import { callsEnd, refusalsChangedNothing } from './told-in-answers.js';
import { toldIsRecorded } from './told-is-recorded.js';

/** The invariants that the database alone cannot show: 15 to 20. */
export function checkClients(evidence: Evidence): Finding[] {
  return [
    toldIsRecorded(evidence),
    refusalsChangedNothing(evidence),
    allEventsHeard(evidence),
    onlyOwnEventsHeard(evidence),
    nothingSilentlyMissing(evidence),
    callsEnd(evidence),
  ];
}
