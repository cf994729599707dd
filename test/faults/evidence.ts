import type { Told, Wait } from './ledger.js';
import type { Participant } from './participants.js';
import type { DatabaseRecord, Undone } from './record.js';
import type { Testimony } from './witness.js';

/** What clients know, and what the database says. */
export interface Evidence {
  told: readonly Told[];
  waits: readonly Wait[];
  participants: readonly Participant<Testimony>[];
  record: DatabaseRecord;
  undone?: Undone | undefined;
}
