import { useEffect, useState } from 'react';

/** Steps may follow each other faster than they can be read out. */
const quietMs = 1_500;

/** Says to a screen reader which state a build has come to: the latest, once it has been there for a moment. */
export function StateAnnouncer({ name }: { readonly name: string | null }) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(name), quietMs);
    return () => clearTimeout(timer);
  }, [name]);
  return (
    <p aria-live="polite" className="sr-only">
      {said !== null && `The build is now in the state ${said}.`}
    </p>
  );
}
