import type { CertificationReport, RuleResult, RuleVerdict, TranscriptEntry } from '../report.js';
import { block, line } from './markup.js';
import { clockText, groupsOf, partiesText, secondsBetween, secondsOf } from './text.js';

/** JUnit's XML, as GitLab and Jenkins take it: a suite a group, a case a rule, its transcript as what it printed. */
export function junitReport(report: CertificationReport): string {
  const { taker, startedAt, endedAt, rules } = report;
  const time = secondsBetween(startedAt, endedAt).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="lockstep certify ${line(taker)}" ${countsOf(rules)} time="${time}">`,
    ...groupsOf(report).map(([group, inGroup]) => suite(group, inGroup, startedAt)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suite(group: string, rules: RuleResult[], startedAt: string): string {
  const time = rules.reduce((sum, { transcript }) => sum + secondsOf(transcript), 0).toFixed(3);
  // JUnit's times have no zone
  const timestamp = line((rules[0]?.transcript[0]?.at ?? startedAt).slice(0, 19));
  return [
    `  <testsuite name="${line(group)}" ${countsOf(rules)} errors="0" time="${time}" timestamp="${timestamp}">`,
    ...rules.map((rule) => testCase(group, rule)),
    '  </testsuite>',
  ].join('\n');
}

function testCase(group: string, { name, rule, verdict, reason, transcript }: RuleResult): string {
  const why = line(reason);
  const outcomes: Record<RuleVerdict, string[]> = {
    pass: [],
    fail: [`      <failure type="rule" message="${why}">${line(rule)}\n${why}</failure>`],
    'not shown': [`      <skipped message="${why}"/>`],
  };
  const time = secondsOf(transcript).toFixed(3);
  return [
    `    <testcase classname="certify.${line(group)}" name="${line(name)}" time="${time}">`,
    ...outcomes[verdict],
    `      <system-out>${transcript.map(entryText).join('\n')}</system-out>`,
    '    </testcase>',
  ].join('\n');
}

function entryText(entry: TranscriptEntry): string {
  const { at, label, fault, order, body } = entry;
  const said = `${line(clockText(at))}  ${line(partiesText(entry))}: ${line(label)}`;
  const about = `${fault ? '  [fault]' : ''}${order ? `  ${line(order)}` : ''}`;
  return `${said}${about}${body === null ? '' : `\n${block(body).replace(/^/gm, '    ')}`}`;
}

function countsOf(rules: RuleResult[]): string {
  const count = (verdict: RuleVerdict): number => rules.filter((rule) => rule.verdict === verdict).length;
  return `tests="${rules.length}" failures="${count('fail')}" skipped="${count('not shown')}"`;
}
