import { signal } from '@preact/signals';

const TICK_MS = 1_000;

/** What `performance.now()` counts from, by the service's clock; until that is known, by this machine's. */
let originMs = performance.timeOrigin;

/** Goes up once a second: who reads it is drawn anew. */
export const ticks = signal(0);

/** What expires does so by the service's clock. This machine's may be wrong, and may be set while the page is open. */
export function serviceTime(): number {
  return originMs + performance.now();
}

/** Milliseconds, of who shows them as they pass. */
export function leftUntil(time: string | number): number {
  void ticks.value;
  return new Date(time).getTime() - serviceTime();
}

/** Sets the clock by an answer that was made between then, of `performance.now()`, and now. */
export function setClock(serverTime: string, askedAt: number): void {
  originMs = Date.parse(serverTime) - (askedAt + performance.now()) / 2;
  ticks.value += 1;
}

setInterval(() => (ticks.value += 1), TICK_MS);
