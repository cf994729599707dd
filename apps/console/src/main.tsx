import { render } from 'preact';
import { begin, signInByLink } from './model/session.js';
import { App } from './view/app.js';

// before anything else: no key stays in the address bar
signInByLink();
window.addEventListener('hashchange', signInByLink);
void begin();
render(<App />, document.querySelector('#console')!);
