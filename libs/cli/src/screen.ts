import type { Readable } from 'node:stream';

/** Where a command reads and writes. */
export interface Screen {
  /** What was asked for. */
  print(text: string): void;
  /** What is said beside it, to a person. */
  note(text: string): void;
  input: Readable;
  /** Takes Ctrl-C and a process manager's signals over: aborted when the command shall end. Without it they end the process. */
  takeInterrupts(): AbortSignal;
}

/** Signs that can steer a terminal, turn text around or break its lines. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu;

/** What others wrote, on one line: what is not to be printed is written as its code, as in JSON. */
export function printable(text: string): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(UNPRINTABLE, (sign) => sign.split('').map(escaped).join(''));
}

/** A line of JSON for a program. */
export function jsonLine(value: unknown): string {
  return `${printable(JSON.stringify(value))}\n`;
}
