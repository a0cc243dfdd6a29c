import { describe, expect, test } from 'vitest';
import {
  type KeyMatch,
  type KeyPress,
  type KeyTarget,
  keyName,
  matchKey,
  type Pending,
  sequenceTimeoutMs,
  takesKey,
} from '../src/app/shortcuts/key-match.ts';
import { type Shortcut, shellShortcutsFor, shortcutGroups, shortcutGroupsFor } from '../src/app/shortcuts/shortcuts.ts';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

const shortcuts: readonly Shortcut[] = [
  { keys: ['mod+k'], label: 'palette', action: 'palette' },
  { keys: ['g', 'b'], label: 'builds', action: 'builds' },
  { keys: ['u'], label: 'upload', action: 'upload' },
];

/** Presses one key after the other; the answer to the last one. */
function type(keys: readonly string[], gapMs = 100): KeyMatch {
  let pending: Pending | null = null;
  let match: KeyMatch = { kind: 'none' };
  for (const [index, key] of keys.entries()) {
    match = matchKey(press(key), { shortcuts, pending, nowMs: index * gapMs, isMac: false });
    pending = match.kind === 'pending' ? match.pending : null;
  }
  return match;
}

describe('the name of a key', () => {
  test.each([
    [press('k'), 'k'],
    [press('K'), 'k'], // with caps lock
    [press(' '), 'space'],
    [press('Escape'), 'escape'],
    [press('?', { shiftKey: true }), '?'],
    [press('/', { shiftKey: true }), '/'], // on a German keyboard
    [press('k', { ctrlKey: true }), 'mod+k'],
    [press('л', { code: 'KeyK', ctrlKey: true }), 'mod+k'], // on a Russian keyboard
    [press('п', { code: 'KeyG' }), 'g'],
  ])('%o is %s', (key, name) => {
    expect(keyName(key, false)).toBe(name);
  });

  test.each([
    press('G', { shiftKey: true }),
    press(' ', { shiftKey: true }),
    press('k', { altKey: true }),
    press('k', { metaKey: true }),
    press('k', { ctrlKey: true, metaKey: true }),
    press('k', { ctrlKey: true, shiftKey: true }),
    press('Shift', { shiftKey: true }),
    press('ArrowLeft'),
    press('Tab'),
    press('Dead'),
  ])('%o has none', (key) => {
    expect(keyName(key, false)).toBeNull();
  });

  test('follows ⌘ on a Mac, where Ctrl K is for editing text', () => {
    expect(keyName(press('k', { metaKey: true }), true)).toBe('mod+k');
    expect(keyName(press('k', { ctrlKey: true }), true)).toBeNull();
  });
});

describe('matching keys', () => {
  const label = (match: KeyMatch) => (match.kind === 'shortcut' ? match.shortcut.label : match.kind);

  test('finds a shortcut of one key', () => {
    expect(label(type(['u']))).toBe('upload');
  });

  test('finds a sequence, key by key', () => {
    expect(label(type(['g']))).toBe('pending');
    expect(label(type(['g', 'b']))).toBe('builds');
  });

  test('forgets a sequence that is not gone on with in time', () => {
    expect(type(['g', 'b'], sequenceTimeoutMs + 1)).toEqual({ kind: 'other', key: 'b' });
    expect(label(type(['g', 'b'], sequenceTimeoutMs))).toBe('builds');
  });

  test('takes a key that breaks a sequence off for itself', () => {
    expect(label(type(['g', 'u']))).toBe('upload');
    expect(label(type(['g', 'g', 'b']))).toBe('builds');
    expect(type(['g', 'x'])).toEqual({ kind: 'other', key: 'x' });
  });

  test('leaves a key that nothing begins with to the page', () => {
    expect(type([','])).toEqual({ kind: 'other', key: ',' });
    expect(type(['b'])).toEqual({ kind: 'other', key: 'b' });
    expect(type(['Tab'])).toEqual({ kind: 'none' });
  });
});

describe('who a key is for', () => {
  const target = (tagName: string, more: Partial<KeyTarget> = {}): KeyTarget => ({
    tagName,
    type: '',
    role: null,
    isContentEditable: false,
    ...more,
  });

  test.each([
    ['a text field', target('INPUT', { type: 'text' })],
    ['a search field', target('INPUT', { type: 'search' })],
    ['a date field', target('INPUT', { type: 'date' })],
    ['a text area', target('TEXTAREA')],
    ['a select, which looks for what is typed', target('SELECT')],
    ['what can be edited', target('DIV', { isContentEditable: true })],
    ['a menu, which looks for what is typed', target('DIV', { role: 'menuitem' })],
    ['a list to choose from', target('UL', { role: 'listbox' })],
  ])('%s has every key to itself', (_name, element) => {
    for (const key of ['g', '?', ',', 'space']) expect(takesKey(element, key)).toBe(true);
  });

  test.each([
    ['a button', target('BUTTON')],
    ['a link', target('A')],
    ['a checkbox', target('INPUT', { type: 'checkbox' })],
    ['a slider', target('SPAN', { role: 'slider' })],
    ['a disclosure', target('SUMMARY')],
  ])('%s has the space bar to itself and leaves letters', (_name, element) => {
    expect(takesKey(element, 'space')).toBe(true);
    expect(takesKey(element, 'g')).toBe(false);
    expect(takesKey(element, '.')).toBe(false);
  });

  test('the page has what nothing else wants', () => {
    expect(takesKey(target('BODY'), 'space')).toBe(false);
    expect(takesKey(target('MAIN'), '?')).toBe(false);
  });
});

describe('the list of shortcuts', () => {
  test('gives no key two meanings', () => {
    const keys = shortcutGroups.flatMap((group) => group.shortcuts.map((shortcut) => shortcut.keys.join(' ')));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('can reach every one that the shell answers', () => {
    const shellShortcuts = shellShortcutsFor({ role: 'operator' });
    for (const shortcut of shellShortcuts) {
      let pending: Pending | null = null;
      let match: KeyMatch = { kind: 'none' };
      for (const key of shortcut.keys) {
        const isMod = key.startsWith('mod+');
        const pressed = press(isMod ? key.slice('mod+'.length) : key, { ctrlKey: isMod });
        match = matchKey(pressed, { shortcuts: shellShortcuts, pending, nowMs: 0, isMac: false });
        pending = match.kind === 'pending' ? match.pending : null;
      }
      expect(match).toEqual({ kind: 'shortcut', shortcut });
    }
  });

  test('has for users none that leads where they may not go', () => {
    const labels = (role: 'user' | 'admin') =>
      shortcutGroupsFor({ role }).flatMap(({ shortcuts }) => shortcuts.map(({ label }) => label));
    expect(labels('admin')).toContain('Go to the dead letters');
    expect(labels('admin').filter((label) => !labels('user').includes(label))).toEqual(['Go to the dead letters']);
    expect(shellShortcutsFor({ role: 'user' }).some(({ action }) => action === 'deadLetters')).toBe(false);
  });
});
