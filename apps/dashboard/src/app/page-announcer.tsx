import { useRouter } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { focusPage } from '../shared/ui/focus-page.ts';
import { focusPart, partIn } from './parts-of-pages.ts';

/** On the way to another page: moves the focus there, or to the part that the address names, and says its title. */
export function PageAnnouncer() {
  const router = useRouter();
  const [title, setTitle] = useState('');
  useEffect(
    () =>
      router.subscribe('onResolved', ({ fromLocation, toLocation, pathChanged, hashChanged }) => {
        const isFirst = fromLocation === undefined;
        if (!(isFirst || pathChanged || hashChanged)) return;
        const part = partIn(toLocation.hash);
        const isAtPart = part !== null && focusPart(part);
        if (isFirst || !pathChanged) return;
        if (!isAtPart) focusPage();
        setTitle(document.title.replace(/ · Yardmaster$/, ''));
      }),
    [router],
  );
  return (
    <p role="status" className="sr-only">
      {title}
    </p>
  );
}
