/** Signs that say nothing by themselves and can steer a terminal, turn text around or break its lines. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;
const UNPRINTABLE_IN_LINES = /(?!\n)[\p{C}\u2028\u2029]/gu;

const escaped = (sign: string): string =>
  sign
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** A text of somebody's on one line: what is not to be printed is written as its code, as in JSON. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, escaped);
}

/** The same of what has lines. */
export function printableLines(text: string): string {
  return text.replace(UNPRINTABLE_IN_LINES, escaped);
}
