import type { Finding } from '#trading';
import { allEventsHeard, onlyOwnEventsHeard, refusalsChangedNothing } from './expectations.js';
import type { Told } from './ledger.js';
import type { Participant } from './participants.js';
import type { DatabaseRecord } from './record.js';
import { toldIsRecorded } from './told-is-recorded.js';

/** What clients know, and what the database says. */
export interface Evidence {
  told: readonly Told[];
  participants: readonly Participant[];
  record: DatabaseRecord;
}

/** The invariants that the database alone cannot show: 15 to 18. */
export function checkClients({ told, participants, record }: Evidence): Finding[] {
  const { events } = record;
  return [
    toldIsRecorded(told, record),
    refusalsChangedNothing(told, events),
    allEventsHeard(participants, events),
    onlyOwnEventsHeard(participants, events),
  ];
}
