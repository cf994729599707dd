import { core } from './core.js';
import { creation } from './creation.js';
import type { Figure } from './figure.js';
import { foreign } from './foreign.js';
import { guard } from './guard.js';
import { handshake } from './handshake.js';
import { instances } from './instances.js';
import { latency } from './latency.js';
import { lone } from './lone.js';
import { memory } from './memory.js';
import { push } from './push.js';
import { size } from './size.js';
import { traces } from './traces.js';

/** In the order of the table. */
export const FIGURES: Figure[] = [
  core,
  handshake,
  latency,
  lone,
  push,
  instances,
  creation,
  size,
  memory,
  foreign,
  traces,
  guard,
];
