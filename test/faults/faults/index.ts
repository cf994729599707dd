import type { Pair } from '../pair.js';
import { dumpedAndRestored, laggingStandby } from './back-steps.js';
import { killedNats, lostListen } from './bus.js';
import { repeatedAnswers, stoppedReader } from './clients.js';
import { clockAhead } from './clock.js';
import { droppedCrowd } from './crowd.js';
import { fullDisk, immediateRestart, killedBackend, lostCommitReply, noConnectionsLeft } from './database.js';
import type { Fault } from './fault.js';
import { foreignPrepared, foreignElsewhere, foreignHere } from './foreign.js';
import { overload } from './overload.js';
import { frozenInstance, killedInstance, killedWorker, rollingRestart } from './processes.js';
import { droppedPackets, frozenPrimary, lostStandby, readOnly } from './silence.js';

export const FAULTS: readonly Fault[] = [
  killedInstance,
  killedWorker,
  lostCommitReply,
  immediateRestart,
  killedBackend,
  noConnectionsLeft,
  fullDisk,
  lostListen,
  frozenInstance,
  stoppedReader,
  repeatedAnswers,
  clockAhead,
  killedNats,
  overload,
  rollingRestart,
];

/** Those of a primary with a standby. */
export const REPLICATED_FAULTS: readonly Fault<Pair>[] = [
  frozenPrimary,
  droppedPackets,
  lostStandby,
  readOnly,
  foreignHere,
  foreignElsewhere,
  foreignPrepared,
  droppedCrowd,
  laggingStandby,
  dumpedAndRestored,
];
