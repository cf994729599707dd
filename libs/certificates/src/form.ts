import { KEY, SIGNATURE } from './keys.js';
import { type JudgedRule, RULE_VERDICTS, type Verdict, VERDICTS } from './rules.js';

/** As many as a sandbox looks up. */
export const MAX_ORDERS = 600;

/** What an installation confirms of a certification. */
export interface Statement {
  version: 1;
  /** An address of the taker. */
  taker: string;
  /** Of the report's file, byte for byte. */
  report_sha256: string;
  verdict: Verdict;
  rules: JudgedRule[];
  /** The report's orders of which the service's own history has what the report has the bot say. */
  confirmed_orders: number;
  signed_at: string;
}

export interface Certificate extends Statement {
  /** The public key of who signed. */
  issuer: string;
  signature: string;
}

type Check = (value: unknown) => boolean;
type Fields<T> = Record<keyof T, Check>;

/** All that is signed is ASCII without anything to escape, so that any JSON library writes the same bytes. */
const text =
  (form: RegExp): Check =>
  (value) =>
    typeof value === 'string' && form.test(value);
const oneOf =
  (values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);

const RULE: Fields<JudgedRule> = { name: text(/^[a-z0-9-]{1,64}$/), verdict: oneOf(RULE_VERDICTS) };
const isTime = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const CERTIFICATE: Fields<Certificate> = {
  version: oneOf([1]),
  taker: text(/^0x[0-9a-f]{40}$/),
  report_sha256: text(KEY),
  verdict: oneOf(VERDICTS),
  rules: (value) => Array.isArray(value) && value.every((rule) => wrongIn(rule, RULE) === undefined),
  confirmed_orders: (value) => Number.isInteger(value) && (value as number) >= 0,
  signed_at: (value) => isTime(value) && !Number.isNaN(Date.parse(value as string)),
  issuer: text(KEY),
  signature: text(SIGNATURE),
};

/** What is wrong with the form of a certificate: one of its fields, or all of it. */
export const wrongFieldOf = (value: unknown): string | undefined => wrongIn(value, CERTIFICATE);

function wrongIn(value: unknown, fields: Record<string, Check>): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it';
  const given = Object.keys(value);
  if (given.some((name) => !Object.hasOwn(fields, name))) return 'it';
  const checked = value as Record<string, unknown>;
  return Object.keys(fields).find((name) => !fields[name]!(checked[name]));
}
