/** By what `lockstep certify` judges a bot, in the order in which it tells of it. */
export const RULE_NAMES = [
  'answers-each-request',
  'same-verdict-when-asked-again',
  'no-yes-after-fill',
  'no-fill-after-yes',
  'unlock-then-yes',
  'reply-lost',
  'request-lost',
  'answers-redelivered',
  'answered-redelivered',
  'push-twice',
  'drops-what-it-has-seen',
  'push-late',
  'asked-again-after-timeout',
  'lock-lost',
  'clock-behind',
  'clock-ahead',
  'slow-reply',
  'socket-cut-before-push',
  'socket-cut-during-push',
  'socket-cut-after-push',
  'resumes',
  'resync',
  'two-sockets',
  'half-closed',
  'notices-silence',
  'heartbeats',
  'many-at-once',
  'ignores-unknown-fields',
  'ignores-unknown-types',
  'well-formed-calls',
  'retry-after-429',
  'retry-after-503',
  'server-error',
  'already-answered',
  'suspended-then-resumed',
  'key-rotated',
] as const;
export type RuleName = (typeof RULE_NAMES)[number];

export const RULE_VERDICTS = ['pass', 'fail', 'not shown'] as const;
export type RuleVerdict = (typeof RULE_VERDICTS)[number];

export const VERDICTS = ['pass', 'fail', 'incomplete'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface JudgedRule {
  name: string;
  verdict: RuleVerdict;
}

/** Only bots that fill, give up, unlock, or hold two sockets show these: a correct one may show none of them. */
const OF_SOME_BOTS: ReadonlySet<string> = new Set<RuleName>([
  'no-yes-after-fill',
  'no-fill-after-yes',
  'unlock-then-yes',
  'two-sockets',
]);

/** What the verdicts on the rules come to. */
export function verdictOf(rules: readonly JudgedRule[]): Verdict {
  if (rules.some(({ verdict }) => verdict === 'fail')) return 'fail';
  const isShown = rules.some(({ verdict }) => verdict === 'pass');
  return isShown && missedIn(rules).length === 0 ? 'pass' : 'incomplete';
}

/** The rules that every bot shows, and this one did not. */
export function missedIn(rules: readonly JudgedRule[]): string[] {
  const missed = rules.filter(({ name, verdict }) => verdict === 'not shown' && !OF_SOME_BOTS.has(name));
  return missed.map(({ name }) => name);
}

/** How the rules are other than those of a whole run, in words. */
export function strangeIn(rules: readonly Pick<JudgedRule, 'name'>[]): string | undefined {
  const given = rules.map(({ name }) => name);
  const unknown = given.find((name) => !(RULE_NAMES as readonly string[]).includes(name));
  if (unknown !== undefined) return `name ${unknown}, which is none`;
  const missing = RULE_NAMES.find((name) => !given.includes(name));
  if (missing !== undefined) return `lack ${missing}`;
  return given.length > RULE_NAMES.length ? 'name one twice' : undefined;
}
