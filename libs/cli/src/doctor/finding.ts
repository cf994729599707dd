import { printable } from '../screen.js';

/** What a check has found, and what to do about it. */
export interface Finding {
  check: string;
  result: 'ok' | 'warning' | 'failed' | 'not checked';
  found: string;
  remedy?: string;
}

/** What the checks go by. */
export interface Patient {
  url: string;
  apiKey: string | undefined;
  apiSecret: string | undefined;
  origin: string | undefined;
  holdSeconds: number;
  /** How far the service's clock is ahead of this machine's. */
  skewMs: number;
  takeInterrupts: () => AbortSignal;
}

const RESULT_WIDTH = 13;
const CHECK_WIDTH = 11;

export function findingText({ check, result, found, remedy }: Finding): string {
  const line = `${result.padEnd(RESULT_WIDTH)}${check.padEnd(CHECK_WIDTH)}${printable(found)}\n`;
  return remedy ? `${line}${' '.repeat(RESULT_WIDTH + CHECK_WIDTH)}→ ${printable(remedy)}\n` : line;
}
