import type { CertificationReport } from '../report.js';

/** For programs, and what the installation signs: everything, uncut. */
export function jsonReport(report: CertificationReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
