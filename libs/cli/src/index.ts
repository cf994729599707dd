export { certify, type CertifyOptions } from './certify/certify.js';
export { requestCertificate } from './certify/certificate.js';
export type { CertificationReport, RuleResult, TranscriptEntry } from './certify/report.js';
export {
  htmlReport,
  jsonReport,
  junitReport,
  type ReportFiles,
  terminalReport,
  withReports,
  writeReports,
} from './certify/reports/index.js';
export { run } from './run.js';
export type { Screen } from './screen.js';
