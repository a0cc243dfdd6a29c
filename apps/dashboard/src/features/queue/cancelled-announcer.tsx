import { useEffect, useState } from 'react';
import { useJobsStore } from '../../shared/jobs/jobs-context.ts';
import { after } from '../../shared/jobs/refresh-on-change.ts';
import { announceCancelled } from './cancelled-announcements.ts';

/** Tells a screen reader of builds that were cancelled. */
export function CancelledAnnouncer() {
  const store = useJobsStore();
  const [text, setText] = useState('');
  useEffect(() => announceCancelled({ store, say: setText, nowMs: () => performance.now(), setTimer: after }), [store]);
  return (
    <p className="sr-only" role="status">
      {text}
    </p>
  );
}
