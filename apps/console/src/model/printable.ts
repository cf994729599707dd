/** Controls, marks of writing direction, and what else does not show or makes other text show elsewhere. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** JSON in which all that it says is seen: strangers' words are in it. It means the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent)
    .split('\n')
    .map((line) => line.replace(UNSEEN, escaped))
    .join('\n');
}

const escaped = (unseen: string): string =>
  unseen
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
