export { run } from './run.js';
export type { Screen } from './screen.js';
export { certify, type CertifyOptions } from './certify/certify.js';
export type { CertificationReport, RuleResult } from './certify/report.js';
