import type { RuleVerdict, Verdict } from '#certificates';

/**
 * What a certification found: the form of `--json`, and what every other report is drawn from.
 * Times are ISO 8601 in UTC, addresses and hashes lower-case hexadecimal with 0x.
 */
export interface CertificationReport {
  /** Of this form. */
  version: 1;
  /** The service that the bot was tried against, and its `contract_version`. */
  service: string;
  contractVersion: string;
  /** The address that the bot's key belongs to. */
  taker: string;
  startedAt: string;
  endedAt: string;
  /** `fail` when a rule failed; a rule that every bot shows, and this one did not, leaves it `incomplete`. */
  verdict: Verdict;
  /** In the order in which they are told. */
  rules: RuleResult[];
}

export type { RuleVerdict };

export interface RuleResult {
  /** For `--only`, file names and JUnit: kebab-case. */
  name: string;
  group: RuleGroup;
  /** What a correct bot does, in one sentence. */
  rule: string;
  verdict: RuleVerdict;
  /** Why, in one sentence: what the bot did, or what did not come about. */
  reason: string;
  /** What passed while the rule was tried, oldest first: the proof. */
  transcript: TranscriptEntry[];
}

export type RuleGroup =
  'answers' | 'lost messages' | 'refusals' | 'sockets' | 'time and locks' | 'load' | 'form';

export type Party = 'maker' | 'service' | 'runner' | 'bot';

/** One arrow of the sequence diagram; a note when `from` and `to` are the same. */
export interface TranscriptEntry {
  at: string;
  from: Party;
  to: Party;
  /** What it is, on one line: `POST /api/v1/orders/cancel-result`, `200`, `cancellation_request`, `socket cut`. */
  label: string;
  /** True where the runner held up, changed, doubled or dropped it. */
  fault: boolean;
  order: string | null;
  /** Frame or body as it passed; keys, signatures and tokens are left out. */
  body: string | null;
}
