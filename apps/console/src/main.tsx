import { render } from 'preact';
import { takeAccessOutOfAddress } from './model/access.js';
import { begin, signIn } from './model/session.js';
import { App } from './view/app.js';

function signInByLink(): void {
  const access = takeAccessOutOfAddress();
  if (access) void signIn(access);
}

// before anything else: no key stays in the address bar
signInByLink();
window.addEventListener('hashchange', signInByLink);
void begin();
render(<App />, document.querySelector('#console')!);
