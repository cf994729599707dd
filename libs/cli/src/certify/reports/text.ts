import { printable } from '../../screen.js';
import type { CertificationReport, RuleResult, RuleVerdict, TranscriptEntry } from '../report.js';

/** Of a body, where a report is read by persons; the JSON has all of it. */
export const MAX_BODY_CHARACTERS = 4_000;
/** Of a label, a reason or an address: one that is longer is no sentence. */
const MAX_LINE_CHARACTERS = 500;

const MARKS: Record<RuleVerdict, string> = { pass: '✓', fail: '✗', 'not shown': '–' };

/** Tells a verdict without colour. */
export const markOf = (verdict: RuleVerdict): string => MARKS[verdict];

/** What others wrote, on one line of bounded length, as what can be printed. */
export function oneLine(text: string, max = MAX_LINE_CHARACTERS): string {
  const readable = printable(text.slice(0, max + 1)); // codes are longer than what they stand for
  return cut(readable, max, '…');
}

/** A body with its lines, of bounded length, as what can be printed. */
export function bodyText(text: string): string {
  const more = `\n… ${text.length - MAX_BODY_CHARACTERS} more characters are in the JSON report`;
  const lines = cut(text, MAX_BODY_CHARACTERS, more).split(/\r?\n/);
  return lines.map((line) => printable(line.replaceAll('\t', '  '))).join('\n');
}

/** Never through the middle of a sign. */
function cut(text: string, max: number, more: string): string {
  return text.length <= max ? text : `${text.slice(0, max).replace(/[\ud800-\udbff]$/, '')}${more}`;
}

/** `23 passed, 1 failed, 2 not shown`. */
export function countsText({ rules }: CertificationReport): string {
  const count = (verdict: RuleVerdict): number => rules.filter((rule) => rule.verdict === verdict).length;
  const [failed, missing] = [count('fail'), count('not shown')];
  const others = [...(failed ? [`${failed} failed`] : []), ...(missing ? [`${missing} not shown`] : [])];
  return [`${count('pass')} passed`, ...others].join(', ');
}

/** The rules by their group, in the order in which they are told. */
export function groupsOf({ rules }: CertificationReport): [group: string, rules: RuleResult[]][] {
  const names = [...new Set(rules.map(({ group }) => group))];
  return names.map((name) => [name, rules.filter(({ group }) => group === name)]);
}

/** From the first message to the last one; 0 where there are fewer than two. */
export function secondsOf(transcript: TranscriptEntry[]): number {
  return secondsBetween(transcript[0]?.at, transcript.at(-1)?.at);
}

export function secondsBetween(from = '', to = ''): number {
  const milliseconds = Date.parse(to) - Date.parse(from);
  return milliseconds > 0 ? milliseconds / 1000 : 0;
}

/** `12:00:01.250`, of a time in UTC. */
export const clockText = (at: string): string => at.slice(11, 23);

/** `runner → bot`, or who notes something. */
export function partiesText({ from, to }: TranscriptEntry): string {
  return from === to ? from : `${from} → ${to}`;
}
