import { writeSync } from 'node:fs';
import { JobId } from '@yardmaster/domain';
import { openLogStore } from '../../src/logs/log-store.ts';

// Run as a process of its own: consumes an endless stream of lines, message n being line n, from its mark on, as after a
// restart; writes a dot for each, and lives on until it is killed.
const [file = ''] = process.argv.slice(2);
const logs = openLogStore({ file });
const maxMessages = 1_000_000;
for (let sequence = (logs.mark()?.sequence ?? 0) + 1; sequence < maxMessages; sequence++) {
  const line = { at: '2026-03-01T08:00:00.000Z', step: null, stream: 'stdout', text: `line ${sequence}` } as const;
  logs.append(
    { jobId: JobId.parse('job-1'), attempt: 1, firstLine: sequence, lines: [line], end: null },
    { streamCreated: 'once', sequence },
  );
  writeSync(1, '.');
}
