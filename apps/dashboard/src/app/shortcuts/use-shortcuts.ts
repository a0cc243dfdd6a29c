import { useEffect, useEffectEvent, useMemo, useRef } from 'react';
import { usePreferences } from '../../shared/preferences/preferences.ts';
import { useSession } from '../../shared/session/session-context.ts';
import { matchKey, type Pending, takesKey } from './key-match.ts';
import { isMac } from './key-names.ts';
import { type ShellAction, shellShortcutsFor } from './shortcuts.ts';

/** Stepping through a history goes on while the key is held. */
const repeating: ReadonlySet<string> = new Set([',', '.']);

/** What is open above the page: keys are for it alone. */
const openLayers = ['dialog', 'alertdialog', 'menu', 'listbox'].map((role) => `[role=${role}][data-state=open]`).join();

/** Answers the keyboard: the shell's shortcuts with `run`, and those of elements that carry `data-shortcut`. */
export function useShortcuts(run: (action: ShellAction) => void): void {
  const pending = useRef<Pending | null>(null);
  const { shortcuts: areSingleKeysOn } = usePreferences();
  const { viewer } = useSession();
  const shortcuts = useMemo(() => shellShortcutsFor(viewer), [viewer]);

  const onKeyDown = useEffectEvent((press: KeyboardEvent) => {
    if (press.defaultPrevented || press.isComposing) return;
    const parts = { shortcuts, pending: pending.current, nowMs: performance.now(), isMac };
    const match = matchKey(press, parts);
    if (match.kind === 'none') return;
    const isWithModifier = match.kind === 'shortcut' && match.shortcut.keys[0]?.startsWith('mod+') === true;
    if (!isWithModifier && !(areSingleKeysOn && isForThePage(press))) return;
    pending.current = match.kind === 'pending' ? match.pending : null;
    if (match.kind === 'shortcut' && !press.repeat) {
      press.preventDefault();
      if (match.shortcut.action !== null) run(match.shortcut.action);
    }
    if (match.kind === 'other' && (!press.repeat || repeating.has(match.key)) && activate(match.key)) {
      press.preventDefault();
    }
  });

  useEffect(() => {
    const listener = (press: KeyboardEvent) => onKeyDown(press);
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, []);
}

function isForThePage({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector(openLayers) !== null) return false;
  if (!(target instanceof HTMLElement)) return true;
  const type = target instanceof HTMLInputElement ? target.type : '';
  const { tagName, isContentEditable } = target;
  const focused = { tagName, type, role: target.getAttribute('role'), isContentEditable };
  return !takesKey(focused, key === ' ' ? 'space' : key);
}

/** Clicks, or focuses when it is for typing, the element that has this key. */
function activate(key: string): boolean {
  const candidates = document.querySelectorAll<HTMLElement>(`[data-shortcut="${CSS.escape(key)}"]`);
  const element = [...candidates].find((one) => one.checkVisibility() && !one.matches(':disabled'));
  if (element === undefined) return false;
  if (element.matches('input, textarea, select')) element.focus();
  else element.click();
  return true;
}
