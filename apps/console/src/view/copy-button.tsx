import { useState } from 'preact/hooks';

const COPY = 'Copy';
const SHOWN_MS = 1_600;

/** Puts a text on the clipboard; where the browser does not let it, says so. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [state, setState] = useState(COPY);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setState('Copied');
    } catch {
      setState('Not allowed here');
    }
    setTimeout(() => setState(COPY), SHOWN_MS);
  };
  return (
    <>
      <button type="button" class="copy" aria-label={`${state} ${what}`} onClick={() => void copy()}>
        {state}
      </button>
      <span class="unseen" role="status">
        {state !== COPY && `${state}: ${what}`}
      </span>
    </>
  );
}
