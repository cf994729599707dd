export {
  type Certificate,
  CertificateError,
  MAX_ORDERS,
  MAX_RULES,
  readCertificate,
  RULE_NAME,
  RULE_VERDICTS,
  signed,
  type Statement,
} from './certificate.js';
export { issuerOf, KEY } from './keys.js';
