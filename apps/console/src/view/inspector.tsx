import { useState } from 'preact/hooks';
import type { Access } from '../model/access.js';
import type { Call } from '../model/api.js';
import { curlOf } from '../model/curl.js';
import type { Desk } from '../model/desk.js';
import { printableJson } from '../model/printable.js';
import type { ToldCall } from '../model/told-calls.js';
import { CopyButton } from './copy-button.js';

/** A message as it came, to the letter. */
export function Frame({ message }: { message: object }) {
  return (
    <Code title="Message" text={printableJson(message, 2)} copied={printableJson(message)} what="message" />
  );
}

/** A call as a line for a shell: this page's own as it was sent, with what was answered; any other as far as it is told. */
export function CallView({ desk, call }: { desk: Desk; call: Call | ToldCall }) {
  const [withSecret, setWithSecret] = useState(false);
  const isOwn = !('by' in call) || call.by === desk.role;
  const access: Access = isOwn ? desk.access : strangerOf(desk.role);
  const { method, path, body } = call;
  const text = curlOf({ base: desk.api.base, method, path, body, access, withSecret: withSecret && isOwn });
  return (
    <>
      <Code
        title={'untold' in call ? 'As curl, by the history' : 'As curl'}
        text={text}
        copied={text}
        what="the call as curl"
      />
      {'untold' in call && call.untold.length > 0 && (
        <p class="hint">Not told by the history: {call.untold.join(', ')}.</p>
      )}
      {isOwn && (
        <label class="with-secret">
          <input
            type="checkbox"
            checked={withSecret}
            onChange={({ currentTarget }) => setWithSecret(currentTarget.checked)}
          />
          with my {access.role === 'taker' ? 'key' : 'token'} in it
        </label>
      )}
      {'status' in call && (
        <Code
          title={call.status === null ? 'No answer' : `Answer ${call.status}, after ${call.tookMs} ms`}
          text={printableJson(call.answer, 2)}
          copied={printableJson(call.answer)}
          what="answer"
        />
      )}
    </>
  );
}

/** The other side's secrets are not known here. */
const strangerOf = (role: Desk['role']): Access =>
  role === 'taker' ? { role: 'maker', token: '' } : { role: 'taker', apiKey: '' };

function Code({ title, text, copied, what }: { title: string; text: string; copied: string; what: string }) {
  return (
    <figure class="code">
      <figcaption>
        {title} <CopyButton text={copied} what={what} />
      </figcaption>
      {/* it may scroll sideways, also by keyboard */}
      <pre tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </figure>
  );
}
