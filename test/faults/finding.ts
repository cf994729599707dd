import type { Finding } from '#trading';

const EXAMPLES_MAX = 5;

/** What the check of one invariant found, in the words of the checks on the database. */
export function finding(number: number, sentence: string, violations: string[]): Finding {
  return { number, sentence, violations: violations.length, examples: violations.slice(0, EXAMPLES_MAX) };
}
