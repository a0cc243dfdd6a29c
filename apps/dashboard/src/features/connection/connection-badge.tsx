import type { ConnectionDisplay } from './connection-display.ts';

/** How well the page follows what happens: a dot and a word, with the sentence behind it. */
export function ConnectionBadge({ display }: { readonly display: ConnectionDisplay }) {
  return (
    <span className={`badge badge-${display.tone}`} role="status" title={display.explanation}>
      <span className="dot" aria-hidden="true" />
      {display.text}
      <span className="visually-hidden">. {display.explanation}</span>
    </span>
  );
}
