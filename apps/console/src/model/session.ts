import { signal } from '@preact/signals';
import { type Access, secretOf, takeAccessOutOfAddress } from './access.js';
import { Api, wordsOf } from './api.js';
import { Desk, probeOf } from './desk.js';
import { installation, meetInstallation } from './installation.js';

/** The page's one session: who is signed in. */
export const desk = signal<Desk | undefined>(undefined);
/** Why the last try to sign in failed. */
export const refusal = signal('');
/** Of a link that came while somebody else is signed in, who is asked first. */
export const offered = signal<Access | undefined>(undefined);

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
    signOut();
    desk.value = new Desk(access);
  } catch (error) {
    refusal.value = wordsOf(error);
  }
}

/** Whoever has sent the link may be a stranger: it takes nobody's place by itself. */
export function signInByLink(): void {
  const access = takeAccessOutOfAddress();
  if (!access) return;
  if (!desk.value) void signIn(access);
  else if (secretOf(desk.value.access) !== secretOf(access)) {
    refusal.value = '';
    offered.value = access;
  }
}

export function signOut(): void {
  desk.value?.close();
  desk.value = undefined;
  offered.value = undefined;
}
