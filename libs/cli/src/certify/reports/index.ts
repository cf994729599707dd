import { existsSync } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { UsageError } from '../../refusals.js';
import type { CertificationReport } from '../report.js';
import { htmlReport } from './html.js';
import { jsonReport } from './json.js';
import { junitReport } from './junit.js';

export { terminalReport } from './terminal.js';

/** The files of `withReports`; what is left out is not written. */
export interface ReportFiles {
  jsonFile?: string;
  junit?: string;
  html?: string;
}

/** Adds the options by which reports are written to files. */
export function withReports(command: Command): Command {
  return command
    .option('--json-file <file>', 'write the report as JSON')
    .option('--junit <file>', 'write it as JUnit XML, for a CI')
    .option('--html <file>', 'write it as a page, with each transcript as a sequence diagram');
}

/** Writes each report that is asked for, the others also when one cannot be written. */
export async function writeReports(report: CertificationReport, files: ReportFiles): Promise<void> {
  const writing = wantedIn(files).map(({ option, path, textOf }) => write(option, path, textOf(report)));
  await allDone(writing);
}

/** Waits until each has ended, and throws the first failure. */
export async function allDone(work: Promise<unknown>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed) throw (failed as PromiseRejectedResult).reason;
}

/** Refuses files that cannot be written, before a run that would be for nothing. */
export async function requireWritableReports(files: ReportFiles): Promise<void> {
  for (const { option, path } of wantedIn(files)) await requireWritable(option, path);
}

/** Writes a file of an option. */
export async function write(option: string, path: string, text: string): Promise<void> {
  await writeFile(path, text).catch(refuse(option, path));
}

export async function requireWritable(option: string, path: string): Promise<void> {
  const isThere = existsSync(path);
  const file = await open(path, 'a').catch(refuse(option, path));
  await file.close();
  // an empty one, of a run that is broken off, would look like a report
  if (!isThere) await rm(path);
}

function wantedIn({ jsonFile, junit, html }: ReportFiles) {
  const files = [
    { option: '--json-file', path: jsonFile, textOf: jsonReport },
    { option: '--junit', path: junit, textOf: junitReport },
    { option: '--html', path: html, textOf: htmlReport },
  ];
  return files.flatMap(({ path, ...file }) => (path === undefined ? [] : [{ ...file, path }]));
}

const refuse =
  (option: string, path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new UsageError(`${option}: cannot write ${path} (${error.code})`);
  };

export { htmlReport, jsonReport, junitReport };
