import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { junitReport, type CertificationReport } from '../../libs/cli/src/index.js';
import {
  emptyReport,
  HOSTILE,
  hostileReport,
  longReport,
  mixedReport,
  reportOf,
  rule,
} from '../support/certification-report.js';

/** A certification's report as JUnit XML, read back by a parser of somebody else's. */
interface Element {
  tag: string;
  attributes: Record<string, string>;
  text: string;
  children: Element[];
}

const PARSER = `
import json, sys, xml.etree.ElementTree as tree
def told(e): return {'tag': e.tag, 'attributes': e.attrib, 'text': e.text or '', 'children': [told(c) for c in e]}
print(json.dumps(told(tree.fromstring(sys.stdin.buffer.read()))))
`;

function parsed(report: CertificationReport): Element {
  const options = { input: junitReport(report), maxBuffer: 1 << 26, encoding: 'utf8' } as const;
  return JSON.parse(execFileSync('python3', ['-c', PARSER], options));
}

test('a suite a group, a case a rule, with its verdict, its reason and its transcript', () => {
  const root = parsed(mixedReport);
  expect(root).toMatchObject({
    tag: 'testsuites',
    attributes: { tests: '4', failures: '1', skipped: '1', time: '95.400' },
  });
  expect(root.children.map(({ attributes }) => attributes)).toEqual([
    suite('answers', { tests: '2', failures: '1', skipped: '0', time: '3.562' }),
    suite('lost messages', { tests: '1', failures: '0', skipped: '0', time: '1.781' }),
    suite('sockets', { tests: '1', failures: '0', skipped: '1', time: '0.000' }),
  ]);
  const [kept, broken] = root.children[0]!.children;
  expect(kept).toMatchObject({
    attributes: { classname: 'certify.answers', name: 'answers-once', time: '1.781' },
    children: [{ tag: 'system-out' }],
  });
  const message = 'It said yes to the first request, and no when it was asked again 2.1 s later.';
  expect(broken!.children).toMatchObject([
    { tag: 'failure', attributes: { message }, text: `Asked again, it gives the same verdict.\n${message}` },
    { tag: 'system-out' },
  ]);
  expect(root.children[2]!.children[0]!.children).toMatchObject([
    { tag: 'skipped', attributes: { message: 'No resync came about within 60 s.' } },
    { tag: 'system-out', text: '' },
  ]);
});

test('the transcript tells time, parties, faults, orders and bodies', () => {
  const [kept] = parsed(mixedReport).children[0]!.children;
  const said = kept!.children[0]!.text.split('\n');
  expect(said.slice(0, 2)).toEqual([
    expect.stringMatching(/^12:00:00\.000 {2}maker → service: POST \/api\/v1\/orders {2}0x(ab){32}$/),
    '    {"ticker":"AAPL","quantity":"111"}',
  ]);
  expect(said).toContain('12:00:01.644  runner: clock set 4 minutes ahead  [fault]');
});

test('hostile words change nothing of the form and stay readable', () => {
  const root = parsed(hostileReport);
  const [suiteOfAll] = root.children;
  expect(suiteOfAll!.children).toHaveLength(HOSTILE.length);
  for (const [index, testCase] of suiteOfAll!.children.entries()) {
    expect(testCase.children.map(({ tag }) => tag)).toEqual(['failure', 'system-out']);
    const { name } = testCase.attributes;
    if (index < 4) expect(name).toBe(HOSTILE[index]);
    if (index === 4) expect(name).toContain('lone \\ud800 and \\udfff, NUL \\u0000');
    expect(testCase.children[1]!.text.length).toBeLessThan(20_000);
  }
});

test('a long transcript is there to its end', () => {
  const text = parsed(longReport).children[0]!.children[0]!.children[1]!.text;
  expect(text.split('\n')).toHaveLength(200);
});

test('what is cut says so, and not through a sign', () => {
  const transcript = [{ ...mixedReport.rules[0]!.transcript[0]!, body: `${'x'.repeat(3_999)}😀😀` }];
  const text = parsed(reportOf([rule({ transcript })])).children[0]!.children[0]!.children[0]!.text;
  expect(text).toMatch(/ {4}x{3999}\n {4}… 3 more characters are in the JSON report$/);
});

test('a report without rules is a report', () => {
  expect(parsed(emptyReport)).toMatchObject({ attributes: { tests: '0', failures: '0' }, children: [] });
});

function suite(name: string, counts: Record<string, string>) {
  return { name, ...counts, errors: '0', timestamp: '2026-11-28T12:00:00' };
}
