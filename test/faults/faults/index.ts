import type { Fault } from './fault.js';
import { killedInstance } from './processes.js';

export const FAULTS: readonly Fault[] = [killedInstance];
