import { killedNats, lostListen } from './bus.js';
import { repeatedAnswers, stoppedReader } from './clients.js';
import { clockAhead } from './clock.js';
import { fullDisk, immediateRestart, killedBackend, lostCommitReply, noConnectionsLeft } from './database.js';
import type { Fault } from './fault.js';
import { overload } from './overload.js';
import { frozenInstance, killedInstance, killedWorker, rollingRestart } from './processes.js';

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
