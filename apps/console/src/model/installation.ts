import { signal } from '@preact/signals';
import type { ConfigAnswer } from '#client';
import { Api } from './api.js';
import { serviceTime, setClock } from './clock.js';

/** By so much the page's clock may be off: a heartbeat takes its time to come. */
const CLOCK_TOLERANCE_MS = 1_000;

/** What the service tells of itself. */
export const installation = signal<ConfigAnswer | undefined>(undefined);

/** Asks for it, and sets the page's clock by it. */
export async function meetInstallation(): Promise<void> {
  const askedAt = performance.now();
  const told = await new Api().get<ConfigAnswer>('api/v1/config');
  setClock(told.server_time, askedAt);
  installation.value = told;
}

/**
 * What a heartbeat tells of the service's time is older by as long as it was on its way: it shows that the page's clock is
 * wrong, as after this machine has slept, and an answer sets it.
 */
export async function checkClock(toldMs: number): Promise<void> {
  if (Math.abs(toldMs - serviceTime()) > CLOCK_TOLERANCE_MS) await meetInstallation();
}
