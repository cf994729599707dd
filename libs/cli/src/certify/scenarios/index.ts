import { ANSWERS } from './answers.js';
import { FORM } from './form.js';
import { LOAD } from './load.js';
import { LOST_MESSAGES } from './lost-messages.js';
import { REFUSED } from './refusals.js';
import type { Rule } from './rule.js';
import { SOCKETS } from './sockets.js';
import { TIME_AND_LOCKS } from './time-and-locks.js';

/** In the order in which they are told. A bot may need a new start after its key was refused: that comes last of those alone. */
export const RULES: readonly Rule[] = [
  ...ANSWERS,
  ...LOST_MESSAGES,
  ...TIME_AND_LOCKS,
  ...SOCKETS,
  ...LOAD,
  ...FORM,
  ...REFUSED,
];
