import { signal } from '@preact/signals';
import type { Access } from './access.js';
import { Api, wordsOf } from './api.js';
import { Desk, probeOf } from './desk.js';
import { installation, meetInstallation } from './installation.js';

/** The page's one session: who is signed in. */
export const desk = signal<Desk | undefined>(undefined);
/** Why the last try to sign in failed. */
export const refusal = signal('');

/** The page needs to know the installation before anybody signs in: a wallet signs for its chain. */
export async function begin(): Promise<void> {
  try {
    await meetInstallation();
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
