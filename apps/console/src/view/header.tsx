import { serviceTime, ticks } from '../model/clock.js';
import type { Desk } from '../model/desk.js';
import { installation } from '../model/installation.js';
import { signOut } from '../model/session.js';
import { nameOf } from './format.js';

export function Header({ desk }: { desk: Desk }) {
  return (
    <header class="top">
      <h1>
        <span class="mark" aria-hidden="true" />
        Lockstep <span class="thin">console</span>
      </h1>
      {installation.value?.sandbox && <span class="badge">sandbox</span>}
      <Connection desk={desk} />
      <span class="who">{nameOf(desk.access)}</span>
      <button type="button" class="plain" onClick={signOut}>
        Sign out
      </button>
    </header>
  );
}

function Connection({ desk: { feed, trouble } }: { desk: Desk }) {
  const { value: state } = feed.state;
  const seconds = state.is === 'waiting' ? Math.ceil((state.until - serviceTime()) / 1_000) : 0;
  return (
    <span class={`connection ${state.is}`}>
      <span class="dot" aria-hidden="true" />
      <span role="status">
        {state.is === 'live' && (trouble.value || 'Live')}
        {state.is === 'connecting' && 'Connecting …'}
        {state.is === 'waiting' && `Not connected: ${state.why}`}
        {state.is === 'ended' && `Ended: ${state.why}`}
      </span>
      {state.is === 'waiting' && (
        <>
          {/* said once a second, it would be noise to a screen reader */}
          <span class="thin" aria-hidden="true">
            {ticks.value > 0 && seconds > 0 && `again in ${seconds} s`}
          </span>
          <button type="button" class="plain" onClick={() => feed.retry()}>
            Try now
          </button>
        </>
      )}
    </span>
  );
}
