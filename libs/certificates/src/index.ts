export { CertificateError, readCertificate, signed } from './certificate.js';
export { type Certificate, MAX_ORDERS, type Statement } from './form.js';
export { issuerOf, KEY } from './keys.js';
export {
  missedIn,
  RULE_NAMES,
  RULE_VERDICTS,
  type RuleName,
  type RuleVerdict,
  strangeIn,
  type Verdict,
  verdictOf,
  VERDICTS,
} from './rules.js';
