import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';

/** Keys and signatures of Ed25519 are told as lower-case hex: 32 bytes of either key, 64 of a signature. */
export const KEY = /^[0-9a-f]{64}$/;
export const SIGNATURE = /^[0-9a-f]{128}$/;

/** What stands before the bare bytes in the forms that Node reads (RFC 8410). */
const PRIVATE_PREFIX = '302e020100300506032b657004220420';
const PUBLIC_PREFIX = '302a300506032b6570032100';

export function privateKey(seed: string): KeyObject {
  return createPrivateKey({ key: Buffer.from(PRIVATE_PREFIX + seed, 'hex'), format: 'der', type: 'pkcs8' });
}

export function publicKey(issuer: string): KeyObject {
  return createPublicKey({ key: Buffer.from(PUBLIC_PREFIX + issuer, 'hex'), format: 'der', type: 'spki' });
}

/** The public key of an installation's secret one: by which its certificates are told. */
export function issuerOf(seed: string): string {
  const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
  return der.subarray(PUBLIC_PREFIX.length / 2).toString('hex');
}
