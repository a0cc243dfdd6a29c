import { useEffect, useState } from 'react';

/** Longer than a server that is there takes, and than a live connection that was lost takes to come back. */
const lateAfterMs = 4_000;

/** Beside what holds the place of an answer: says, once it is late, that the page still waits for it. */
export function StillWaiting() {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), lateAfterMs);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p role="status" className={isLate ? 'text-muted text-pretty' : 'sr-only'}>
      {isLate &&
        'The server has not answered yet. This page keeps asking, and shows the answer as soon as it is there.'}
    </p>
  );
}
