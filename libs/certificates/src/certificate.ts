import { sign, verify } from 'node:crypto';
import { type Certificate, type Statement, wrongFieldOf } from './form.js';
import { issuerOf, privateKey, publicKey } from './keys.js';

/** Somebody shows a certificate that is none, or not a good one; the message says why. */
export class CertificateError extends Error {}

export function signed(confirmed: Statement, seed: string): Certificate {
  const unsigned = { ...confirmed, issuer: issuerOf(seed) };
  return { ...unsigned, signature: sign(null, signedBytes(unsigned), privateKey(seed)).toString('hex') };
}

/** A certificate in a file's text, with a right signature of one of these issuers. */
export function readCertificate(text: string, issuers: readonly string[]): Certificate {
  const found = parsed(text);
  const { signature, ...unsigned } = found;
  if (!issuers.includes(found.issuer)) {
    throw new CertificateError(`was issued by ${found.issuer}, which is none of CERTIFICATE_ISSUERS`);
  }
  if (!verify(null, signedBytes(unsigned), publicKey(found.issuer), Buffer.from(signature, 'hex'))) {
    throw new CertificateError('is not as its issuer signed it: the signature is wrong');
  }
  return found;
}

function parsed(text: string): Certificate {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new CertificateError('is not JSON');
  }
  const wrong = wrongFieldOf(value);
  if (wrong === undefined) return value as Certificate;
  throw new CertificateError(`is not of the form of a certificate: ${wrong} is wrong`);
}

/** The certificate without its signature as JSON, names in the order of their code points, without blanks, in UTF-8. */
function signedBytes(unsigned: Omit<Certificate, 'signature'>): Buffer {
  const isOrdered = (value: unknown): value is object =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const ordered = (_: string, value: unknown): unknown =>
    isOrdered(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return Buffer.from(JSON.stringify(unsigned, ordered));
}
