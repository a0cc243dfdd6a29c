/** Parts of the builds page that keys and commands lead to; they carry these as their ids. */
const partsOfBuilds = ['upload-panel', 'queue-search'] as const;
export type PartOfBuilds = (typeof partsOfBuilds)[number];

/** The part that the fragment of an address names. */
export function partIn(hash: string): PartOfBuilds | null {
  return partsOfBuilds.find((part) => part === hash) ?? null;
}

const focusable = 'button:not(:disabled), input:not(:disabled, [hidden]), a[href], [tabindex="0"]';

/** Moves the focus to what can be used first in the element with this id; false when there is none on this page. */
export function focusPart(id: PartOfBuilds): boolean {
  const part = document.getElementById(id);
  if (part === null) return false;
  const target = part.matches(focusable) ? part : part.querySelector<HTMLElement>(focusable);
  part.scrollIntoView({ block: 'nearest' });
  (target ?? part).focus();
  return true;
}
