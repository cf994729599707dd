import { signal } from '@preact/signals';

const TICK_MS = 1_000;

let offsetMs = 0;

/** Goes up once a second: who reads it is drawn anew. */
export const ticks = signal(0);

/** What expires does so by the service's clock, not by this machine's. */
export function serviceTime(): number {
  return Date.now() + offsetMs;
}

/** Milliseconds, of who shows them as they pass. */
export function leftUntil(time: string | number): number {
  void ticks.value;
  return new Date(time).getTime() - serviceTime();
}

/** Sets the clock by an answer that was made while `askedAt` to now passed. */
export function setClock(serverTime: string, askedAt: number): void {
  offsetMs = Date.parse(serverTime) - (askedAt + Date.now()) / 2;
  ticks.value += 1;
}

setInterval(() => (ticks.value += 1), TICK_MS);
