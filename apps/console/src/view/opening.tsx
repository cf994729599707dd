import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface OpeningProps {
  class: string;
  summary: ComponentChildren;
  /** Made when it is open: there are hundreds of these on the page. */
  inside: () => ComponentChildren;
}

/** A line that opens to show what is behind it. */
export function Opening({ class: name, summary, inside }: OpeningProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class={name} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{summary}</summary>
      {isOpen && <div class="inside">{inside()}</div>}
    </details>
  );
}
