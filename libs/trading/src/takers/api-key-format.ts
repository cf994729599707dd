import { hash, hkdfSync, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const SECRET_BYTES = 32;
const KEY_FORMAT = /^(lk_([0-9a-f]{16})_[0-9a-f]{64})_([0-9a-f]{8})$/;

/** A new API key, `lk_<key id>_<256-bit secret>_<checksum>`, all hex. */
export function mintApiKey(): { keyId: string; apiKey: string } {
  const keyId = randomBytes(8).toString('hex');
  const body = `lk_${keyId}_${randomBytes(SECRET_BYTES).toString('hex')}`;
  return { keyId, apiKey: `${body}_${checksum(body)}` };
}

/** The id of a well-formed key; a key that is mistyped or made up fails here, before any look-up. */
export function keyIdOf(apiKey: string): string | undefined {
  const [, body, keyId, sum] = KEY_FORMAT.exec(apiKey) ?? [];
  return body && sum === checksum(body) ? keyId : undefined;
}

/** What is stored of a key. A slow hash would add nothing to 256 random bits. */
export function hashApiKey(apiKey: string): Buffer {
  return hash('sha256', apiKey, 'buffer');
}

/** The secret with which a key's requests are signed: derived, so that the database does not hold it. */
export function signingSecret(masterKey: string, keyId: string): string {
  return Buffer.from(
    hkdfSync('sha256', masterKey, '', `lockstep-api-secret:${keyId}`, SECRET_BYTES),
  ).toString('hex');
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
