import { useState } from 'preact/hooks';
import { offered, refusal, signIn } from '../model/session.js';
import { nameOf } from './format.js';

/** Who a link would sign in, while somebody else is: that one says whether to give way. */
export function Offer() {
  const [isBusy, setBusy] = useState(false);
  const { value: access } = offered;
  if (!access) return null;
  const accept = async (): Promise<void> => {
    setBusy(true);
    await signIn(access);
    setBusy(false);
  };
  const stay = (): void => {
    offered.value = undefined;
  };
  return (
    <section class="offer" aria-label="A link to sign in">
      <p role="alert">
        A link would sign you out, and sign in {nameOf(access)}. <span class="wrong">{refusal}</span>
      </p>
      <button type="button" disabled={isBusy} onClick={() => void accept()}>
        Sign in {nameOf(access)}
      </button>
      <button type="button" disabled={isBusy} onClick={stay}>
        Stay signed in
      </button>
    </section>
  );
}
