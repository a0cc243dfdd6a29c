import { writeSync } from 'node:fs';
import { openEventStore } from '@yardmaster/event-store/open';
import { copyEvents } from '../../src/use-cases/copy-events.ts';

// Run as a process of its own: copies from one store to another, writes a dot before each append, and then lives on until
// it is killed.
const [from = '', to = ''] = process.argv.slice(2);
setInterval(() => {}, 60_000);
await copyEvents({
  from: await openEventStore(from),
  to: await openEventStore(to),
  signal: new AbortController().signal,
  onProgress: ({ phase }) => phase === 'copying' && void writeSync(1, '.'),
});
