import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Command } from 'commander';
import {
  htmlReport,
  jsonReport,
  junitReport,
  type ReportFiles,
  terminalReport,
  withReports,
  writeReports,
} from '../../libs/cli/src/index.js';
import { emptyReport, hostileReport, longReport, mixedReport } from '../support/certification-report.js';

/** A certification's report on the terminal and as JSON, and the options that write it to files. */
const PLAIN = { colour: false, columns: 80 };
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lockstep-reports-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the table has each rule under its group, with verdict and reason, and sums up', () => {
  expect(terminalReport(mixedReport, PLAIN)).toBe(`Certification of 0x71c7656ec7ab88b098defb751b7401b5f6d8976f
at http://127.0.0.1:3000, contract 1.2.0

answers
  ✓ pass       answers-once
               It answers each request once.
               Both requests were answered once, within 0.4 s.
  ✗ fail       same-verdict-again
               Asked again, it gives the same verdict.
               It said yes to the first request, and no when it was asked again
               2.1 s later.

lost messages
  ✓ pass       lost-reply
               When the reply to its answer is lost after the service recorded
               it, it asks again and does not change its mind.
               Both requests were answered once, within 0.4 s.

sockets
  – not shown  resync
               After a resync it reads the lists of its orders.
               No resync came about within 60 s.

fail: 2 passed, 1 failed, 1 not shown
`);
});

test('colours are beside what the text says without them', () => {
  const coloured = terminalReport(mixedReport, { ...PLAIN, colour: true });
  expect(coloured).toContain('\u001b[31m✗ fail');
  expect(stripVTControlCharacters(coloured)).toBe(terminalReport(mixedReport, PLAIN));
  expect(terminalReport(mixedReport)).not.toContain('\u001b'); // the tests' output is no terminal
});

test('a report without rules says so', () => {
  expect(terminalReport(emptyReport, PLAIN)).toContain('\n\nincomplete: 0 passed\n');
});

test('nothing that a bot says steers the terminal, and every line fits', () => {
  const text = terminalReport(hostileReport, PLAIN);
  expect(text).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/mu);
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{C}/u);
  expect(text).toContain('\\u0000, escape \\u001b[31m');
  expect(text.length).toBeLessThan(30_000);
});

test.each([
  ['mixed', mixedReport],
  ['hostile', hostileReport],
  ['long', longReport],
  ['empty', emptyReport],
])('JSON has all of it: %s', (_, report) => {
  expect(JSON.parse(Buffer.from(jsonReport(report)).toString())).toEqual(report);
});

test('each option writes its file, and no other is written', async () => {
  const json = join(folder, 'report.json');
  const html = join(folder, 'report.html');
  await run(['--json-file', json, '--html', html]);
  expect(readFileSync(json, 'utf8')).toBe(jsonReport(mixedReport));
  expect(readFileSync(html, 'utf8')).toBe(htmlReport(mixedReport));
  const junit = join(folder, 'report.xml');
  await run(['--junit', junit]);
  expect(readFileSync(junit, 'utf8')).toBe(junitReport(mixedReport));
  expect(readdirSync(folder).toSorted()).toEqual(['report.html', 'report.json', 'report.xml']);
});

test.each([
  ['--json-file', '/nowhere/report.json', '--json-file: cannot write /nowhere/report.json (ENOENT)'],
  ['--html', tmpdir(), `--html: cannot write ${tmpdir()} (EISDIR)`],
])('%s %s is refused in one sentence', async (option, path, sentence) => {
  await expect(run([option, path])).rejects.toThrow(sentence);
});

/** As the command does. */
async function run(args: string[]): Promise<void> {
  const command = withReports(new Command('certify')).action((options: ReportFiles) =>
    writeReports(mixedReport, options),
  );
  await command.parseAsync(args, { from: 'user' });
}
