import { signal } from '@preact/signals';
import type { Access } from './access.js';
import { Api, wordsOf } from './api.js';
import { setClock } from './clock.js';
import { Desk, probeOf } from './desk.js';
import type { Installation } from './types.js';

/** The page's one session: who is signed in, at which installation. */
export const installation = signal<Installation | undefined>(undefined);
export const desk = signal<Desk | undefined>(undefined);
/** Why the last try to sign in failed. */
export const refusal = signal('');

export async function meetInstallation(): Promise<void> {
  const askedAt = Date.now();
  try {
    const told = await new Api().get<Installation>('api/v1/config');
    setClock(told.server_time, askedAt);
    installation.value = told;
  } catch (error) {
    refusal.value = wordsOf(error);
  }
}

/** Opens the desk of whoever the service knows; of anybody else it says why not. */
export async function signIn(access: Access): Promise<void> {
  refusal.value = '';
  try {
    if (!installation.value) await meetInstallation();
    await new Api(access).get(probeOf(access));
    desk.value?.close();
    desk.value = new Desk(access);
  } catch (error) {
    refusal.value = wordsOf(error);
  }
}

export function signOut(): void {
  desk.value?.close();
  desk.value = undefined;
}
