import { useEffect, useState } from 'preact/hooks';
import { accessFrom } from '../model/access.js';
import { wordsOf } from '../model/api.js';
import { installation } from '../model/installation.js';
import { refusal, signIn } from '../model/session.js';
import { logIn, type Wallet, watchWallets } from '../model/wallet.js';

export function SignIn() {
  const [isBusy, setBusy] = useState(false);
  const during = async (work: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await work();
    } catch (error) {
      refusal.value = wordsOf(error);
    }
    setBusy(false);
  };
  return (
    <main class="sign-in">
      <h1>
        <span class="mark" aria-hidden="true" />
        Lockstep <span class="thin">console</span>
      </h1>
      <p>
        Watch your orders live, answer what makers ask, and see each order as the sequence of messages that it
        really took.
      </p>
      <KeyForm isBusy={isBusy} during={during} />
      <WalletChoice isBusy={isBusy} during={during} />
      <p class="wrong" role="alert">
        {refusal}
      </p>
      <p class="hint">What you sign in with stays in this tab’s memory. Reloading the page forgets it.</p>
    </main>
  );
}

interface Doing {
  isBusy: boolean;
  during: (work: () => Promise<void>) => Promise<void>;
}

function KeyForm({ isBusy, during }: Doing) {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const access = accessFrom(String(new FormData(event.target as HTMLFormElement).get('secret')));
    if (access) void during(() => signIn(access));
    else refusal.value = 'This is neither an API key (lk_…) nor a maker’s token.';
  };
  return (
    <form onSubmit={submit}>
      <label for="secret">API key, or a maker’s token</label>
      {/* not a password: browsers would offer to keep it */}
      <input
        id="secret"
        name="secret"
        class="secret"
        type="text"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        required
        placeholder="lk_…"
      />
      <button type="submit" class="main" disabled={isBusy}>
        Sign in
      </button>
    </form>
  );
}

function WalletChoice({ isBusy, during }: Doing) {
  const [wallets, setWallets] = useState<Wallet[]>([]);
  useEffect(() => watchWallets(setWallets), []);
  const { value: known } = installation;
  return (
    <section aria-labelledby="with-wallet">
      <h2 id="with-wallet">Or as a maker, with your wallet</h2>
      {wallets.length === 0 && <p class="hint">No wallet was found in this browser.</p>}
      {wallets.map((wallet) => (
        <button
          key={wallet.name}
          type="button"
          disabled={isBusy || !known}
          onClick={() => void during(async () => signIn(await logIn(wallet, known!)))}
        >
          Sign in with {wallet.name}
        </button>
      ))}
    </section>
  );
}
