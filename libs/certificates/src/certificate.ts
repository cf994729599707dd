import { sign, verify } from 'node:crypto';
import { z } from 'zod';
import { issuerOf, KEY, privateKey, publicKey, SIGNATURE } from './keys.js';

export const RULE_VERDICTS = ['pass', 'fail', 'not shown'] as const;
export const RULE_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;
export const MAX_RULES = 100;
export const MAX_ORDERS = 600;

const when = z.iso.datetime({ precision: 3 });

const statement = z.strictObject({
  version: z.literal(1),
  /** An address of the taker. */
  taker: z.string().regex(/^0x[0-9a-f]{40}$/),
  /** Of the report's file, byte for byte. */
  report_sha256: z.string().regex(KEY),
  verdict: z.enum(['pass', 'fail', 'incomplete']),
  rules: z
    .array(z.strictObject({ name: z.string().regex(RULE_NAME), verdict: z.enum(RULE_VERDICTS) }))
    .max(MAX_RULES),
  /** How many of the report's orders the service's own history knows, each as the report has it. */
  confirmed_orders: z.int().min(0).max(MAX_ORDERS),
  signed_at: when,
});

const certificate = statement.extend({
  /** The public key of who signed. */
  issuer: z.string().regex(KEY),
  signature: z.string().regex(SIGNATURE),
});

/** What an installation confirms of a certification. */
export type Statement = z.infer<typeof statement>;
export type Certificate = z.infer<typeof certificate>;

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
  const { success, data, error } = certificate.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  throw new CertificateError(
    `is not of the form of a certificate: ${issue!.path.join('.') || 'it'} is wrong`,
  );
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
