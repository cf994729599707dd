import { signal } from '@preact/signals';
import type { ConfigAnswer } from '#client';
import { Api } from './api.js';
import { setClock } from './clock.js';

/** What the service tells of itself. */
export const installation = signal<ConfigAnswer | undefined>(undefined);

/** Asks for it, and sets the page's clock by it. */
export async function meetInstallation(): Promise<void> {
  const askedAt = performance.now();
  const told = await new Api().get<ConfigAnswer>('api/v1/config');
  setClock(told.server_time, askedAt);
  installation.value = told;
}
