/** API keys, with the part that is no secret; tokens; API secrets and private keys, but for hashes, which begin with 0x. */
const SECRETS: [shape: RegExp, masked: string][] = [
  [/lk_([0-9a-f]{1,16})(?:_[0-9a-z_]*)?/gi, 'lk_$1_…'],
  [/eyJ[\w-]{5,}(?:\.[\w-]*)*/g, 'eyJ…'],
  [/(?<![0-9a-fx])[0-9a-f]{64,}/gi, '…'],
  [/[\w+/-]{43}=/g, '…'],
];
const MAX_CHARACTERS = 200;

/** A text as it may stand in a log: without what looks like a secret, and not for ever. */
export function masked(text: string, maxCharacters = MAX_CHARACTERS): string {
  return withoutSecrets(text).slice(0, maxCharacters);
}

export function looksSecret(text: string): boolean {
  return withoutSecrets(text) !== text;
}

const withoutSecrets = (text: string): string =>
  SECRETS.reduce((rest, [shape, mask]) => rest.replace(shape, mask), text);
