import { writeFile } from 'node:fs/promises';
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

/** Writes each report that is asked for. */
export async function writeReports(report: CertificationReport, files: ReportFiles): Promise<void> {
  const wanted = [
    ['--json-file', files.jsonFile, jsonReport],
    ['--junit', files.junit, junitReport],
    ['--html', files.html, htmlReport],
  ] as const;
  for (const [option, path, text] of wanted) {
    if (path === undefined) continue;
    await writeFile(path, text(report)).catch((error: NodeJS.ErrnoException) => {
      throw new UsageError(`${option}: cannot write ${path} (${error.code})`);
    });
  }
}

export { htmlReport, jsonReport, junitReport };
