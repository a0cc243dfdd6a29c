import { useSyncExternalStore } from 'react';

/** From the width on at which a table is easier to read than cards; Tailwind's `md`. */
const wide = '(min-width: 48rem)';

export function useIsWide(): boolean {
  return useSyncExternalStore(subscribe, () => matchMedia(wide).matches);
}

function subscribe(listener: () => void): () => void {
  const query = matchMedia(wide);
  query.addEventListener('change', listener);
  return () => query.removeEventListener('change', listener);
}
