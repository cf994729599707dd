import { hash, hkdfSync, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { secretsOf, type Settings } from '#config';

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

/** The secrets with which a key's requests may be signed: one for each of our master keys, newest first. */
export function signingSecrets({ MASTER_KEY }: Pick<Settings, 'MASTER_KEY'>, keyId: string): string[] {
  return secretsOf(MASTER_KEY).map((masterKey) => signingSecret(masterKey, keyId));
}

/** Derived, so that the database does not hold it. */
function signingSecret(masterKey: string, keyId: string): string {
  return Buffer.from(
    hkdfSync('sha256', masterKey, '', `lockstep-api-secret:${keyId}`, SECRET_BYTES),
  ).toString('hex');
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
