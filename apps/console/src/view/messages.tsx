import { useState } from 'preact/hooks';
import type { Desk, Entry } from '../model/desk.js';
import { clock, short, words } from './format.js';
import { CallView, Frame } from './inspector.js';
import { Opening } from './opening.js';

const KINDS: Record<string, (entry: Entry) => boolean> = {
  everything: () => true,
  'without the book': (entry) => !isOf(entry, 'order_book_change'),
  cancellations: (entry) =>
    isOf(entry, 'cancellation_request') || isOf(entry, 'cancellation_update') || entry.kind === 'call',
  'my calls': (entry) => entry.kind === 'call',
};

const isOf = (entry: Entry, type: string): boolean => entry.kind === 'push' && entry.message.type === type;

/** What is pushed, and what this page calls: newest first. */
export function Messages({ desk }: { desk: Desk }) {
  const [kind, setKind] = useState('without the book');
  const [paused, setPaused] = useState<Entry[] | undefined>(undefined);
  const shown = (paused ?? desk.entries.value).filter(KINDS[kind]!);
  return (
    <section class="messages" aria-labelledby="messages">
      <h2 id="messages">Live</h2>
      <div class="tools">
        <label>
          <span class="unseen">Show</span>
          <select value={kind} onChange={({ currentTarget }) => setKind(currentTarget.value)}>
            {Object.keys(KINDS).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="plain"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused ? undefined : desk.entries.value)}
        >
          {paused ? 'Go on' : 'Pause'}
        </button>
      </div>
      {shown.length === 0 && <p class="empty">Nothing yet. What is pushed to you appears here at once.</p>}
      <ul>
        {shown.map((entry) => (
          <li key={entry.key}>
            <EntryRow desk={desk} entry={entry} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function EntryRow({ desk, entry }: { desk: Desk; entry: Entry }) {
  const { title, summary, isWrong } = toldOf(entry);
  return (
    <Opening
      class="entry"
      summary={
        <span class="row">
          <span class="way" aria-hidden="true">
            {entry.kind === 'call' ? '↑' : '↓'}
          </span>
          <span class="unseen">{entry.kind === 'call' ? 'Called: ' : 'Pushed: '}</span>
          <span class="title">{title}</span>
          <time class="thin mono">{clock(entry.at)}</time>
          <bdi class={isWrong ? 'summary wrong' : 'summary'}>{summary}</bdi>
        </span>
      }
      inside={() =>
        entry.kind === 'call' ? <CallView desk={desk} call={entry} /> : <Frame message={entry.message} />
      }
    />
  );
}

function toldOf(entry: Entry): { title: string; summary: string; isWrong: boolean } {
  if (entry.kind === 'call') {
    const { path, status } = entry;
    const isWrong = status === null || status >= 400;
    const name = path.replace(/^\/(api\/v1\/)?/, '').replace(/[\da-f]{8}-[\da-f-]{27}/, '…');
    return { title: name, summary: status === null ? 'no answer' : `answered ${status}`, isWrong };
  }
  const { message } = entry;
  const title = words(message.type);
  if (message.type === 'resync') return { title, summary: '', isWrong: false };
  const { data } = message;
  const what =
    'to_status' in data
      ? `${data.from_status ?? 'new'} → ${words(data.to_status)}`
      : 'reason' in data
        ? data.reason
        : words(data.status);
  const again =
    message.type === 'cancellation_request' && message.data.metadata.redelivered ? ', once more' : '';
  return { title, summary: `${what}${again} · ${short(data.order_hash)}`, isWrong: false };
}
