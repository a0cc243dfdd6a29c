import { useSyncExternalStore } from 'react';
import { changePreferences, preferences, subscribePreferences } from './preferences.ts';
import { otherTheme, type Theme, themeShown } from './theme-choice.ts';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const prefersStillness = matchMedia('(prefers-reduced-motion: reduce)');
const systemTheme = (): Theme => (systemIsDark.matches ? 'dark' : 'light');
const shownNow = (): Theme => themeShown(preferences().theme, systemTheme());

/** The theme that is shown, which follows the system and other tabs. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribeTheme, shownNow);
}

export function switchTheme(): void {
  changePreferences({ theme: otherTheme(preferences().theme, systemTheme()) });
}

/** Keeps the page in the theme that was chosen. `public/theme.js` has set the first one before the first paint. */
export function followTheme(): () => void {
  return subscribeTheme(show);
}

function subscribeTheme(listener: () => void): () => void {
  const unsubscribe = subscribePreferences(listener);
  systemIsDark.addEventListener('change', listener);
  return () => {
    unsubscribe();
    systemIsDark.removeEventListener('change', listener);
  };
}

function show(): void {
  const theme = shownNow();
  const root = document.documentElement;
  if (root.dataset.theme === theme) return;
  const apply = () => {
    root.dataset.theme = theme;
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[data-theme-color]')) {
      meta.media = meta.dataset.themeColor === theme ? 'all' : 'not all';
    }
  };
  // The whole page fades at once, instead of every part at a pace of its own.
  if (prefersStillness.matches || !('startViewTransition' in document)) apply();
  else {
    const { ready, finished } = document.startViewTransition(apply);
    // The theme changes all the same when the browser breaks the fading off.
    void Promise.allSettled([ready, finished]);
  }
}
