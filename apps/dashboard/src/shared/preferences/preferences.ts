import { useSyncExternalStore } from 'react';
import { z } from 'zod';

/** What a person chose for this browser. Nothing of it leaves the browser. */
const Preferences = z.object({
  theme: z.enum(['system', 'light', 'dark']).catch('system'),
  /** A short sound when a build ends. */
  sound: z.boolean().catch(false),
  /** The browser's own notifications while the page is in the background. */
  desktopNotifications: z.boolean().catch(false),
  /** Single-key shortcuts; those with Ctrl or ⌘ always work. */
  shortcuts: z.boolean().catch(true),
  /** How often to ask while no live connection can be had, in milliseconds. */
  pollIntervalMs: z.union([z.literal(1_000), z.literal(2_000), z.literal(5_000), z.literal(10_000)]).catch(2_000),
});
export type Preferences = z.infer<typeof Preferences>;

/** `public/theme.js` reads the theme from here before the page is painted. */
const storageKey = 'yardmaster.preferences';
const listeners = new Set<() => void>();
let current = read();

export function preferences(): Preferences {
  return current;
}

export function changePreferences(change: Partial<Preferences>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(storageKey, JSON.stringify(current));
  } catch {
    // A browser that keeps nothing still shows what was chosen until the page is closed.
  }
  tell();
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribePreferences, preferences);
}

export function subscribePreferences(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener('storage', takeOver);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener('storage', takeOver);
  };
}

/** Another tab changed them, or (without a key) cleared everything. */
function takeOver({ key }: StorageEvent): void {
  if (key !== null && key !== storageKey) return;
  current = read();
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

function read(): Preferences {
  try {
    return Preferences.parse(JSON.parse(localStorage.getItem(storageKey) ?? '{}'));
  } catch {
    return Preferences.parse({});
  }
}
