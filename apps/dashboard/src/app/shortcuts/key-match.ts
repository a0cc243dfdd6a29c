import type { Shortcut } from './shortcuts.ts';

/** What of a keydown tells which shortcut is meant. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The second key of a sequence has to follow within this time. */
export const sequenceTimeoutMs = 1_500;

/** The first keys of a sequence, and when the last of them was pressed. */
export interface Pending {
  readonly keys: readonly string[];
  readonly atMs: number;
}

export type KeyMatch =
  | { readonly kind: 'shortcut'; readonly shortcut: Shortcut }
  /** The beginning of a sequence. */
  | { readonly kind: 'pending'; readonly pending: Pending }
  /** No shortcut of the list: `key` may be one of an element on the page. */
  | { readonly kind: 'other'; readonly key: string }
  | { readonly kind: 'none' };

interface MatchParts {
  readonly shortcuts: readonly Shortcut[];
  readonly pending: Pending | null;
  readonly nowMs: number;
  readonly isMac: boolean;
}

/** Which shortcut a key completes, after those that were pressed before it. */
export function matchKey(press: KeyPress, { shortcuts, pending, nowMs, isMac }: MatchParts): KeyMatch {
  const key = keyName(press, isMac);
  if (key === null) return { kind: 'none' };
  const before = pending !== null && nowMs - pending.atMs <= sequenceTimeoutMs ? pending.keys : [];
  // A key that does not go on with a sequence may begin one, or be a shortcut by itself.
  for (const keys of before.length > 0 ? [[...before, key], [key]] : [[key]]) {
    const begun = shortcuts.filter((shortcut) => keys.every((name, index) => shortcut.keys[index] === name));
    const whole = begun.find((shortcut) => shortcut.keys.length === keys.length);
    if (whole !== undefined) return { kind: 'shortcut', shortcut: whole };
    if (begun.length > 0) return { kind: 'pending', pending: { keys, atMs: nowMs } };
  }
  return { kind: 'other', key };
}

/** `k`, `?`, `space`, `mod+k`; null for what is never a shortcut here: a modifier alone or with another key. */
export function keyName({ key, code, ctrlKey, metaKey, altKey, shiftKey }: KeyPress, isMac: boolean): string | null {
  const isMod = isMac ? metaKey && !ctrlKey : ctrlKey && !metaKey;
  if (altKey || ((ctrlKey || metaKey) && !isMod)) return null;
  const name = nameOf(key, code);
  // Shift makes another character of most keys (`?`), which then is the name; of a letter it makes another shortcut.
  if (name === null || (shiftKey && /^(\p{L}|space)$/u.test(name))) return null;
  return isMod ? `mod+${name}` : name;
}

function nameOf(key: string, code: string): string | null {
  if (key === ' ') return 'space';
  if (key === 'Escape') return 'escape';
  if ([...key].length !== 1) return null;
  // On a keyboard with other letters the place of the key counts.
  const latin = /^Key([A-Z])$/.exec(code)?.[1];
  return (/^\p{ASCII}$/u.test(key) ? key : (latin ?? key)).toLowerCase();
}

/** What of the element with the focus tells whether it wants a key for itself. */
export interface KeyTarget {
  readonly tagName: string;
  /** Of an input. */
  readonly type: string;
  readonly role: string | null;
  readonly isContentEditable: boolean;
}

const rolesThatTakeKeys = new Set([
  'textbox',
  'searchbox',
  'combobox',
  'listbox',
  'option',
  'menu',
  'menuitem',
  'menuitemcheckbox',
  'menuitemradio',
  'spinbutton',
  'tree',
  'treeitem',
]);

const inputsThatTakeNoText = new Set(['button', 'checkbox', 'file', 'image', 'radio', 'range', 'reset', 'submit']);
const pressedBySpace = new Set(['button', 'checkbox', 'link', 'radio', 'slider', 'switch', 'tab']);

/** Whether the element with the focus does something of its own with this key: types it, or is pressed by it. */
export function takesKey({ tagName, type, role, isContentEditable }: KeyTarget, key: string): boolean {
  const tag = tagName.toLowerCase();
  if (isContentEditable || tag === 'textarea' || tag === 'select') return true;
  if (role !== null && rolesThatTakeKeys.has(role)) return true;
  if (tag === 'input' && !inputsThatTakeNoText.has(type)) return true;
  if (key !== 'space') return false;
  return ['a', 'audio', 'button', 'input', 'summary', 'video'].includes(tag) || pressedBySpace.has(role ?? '');
}
