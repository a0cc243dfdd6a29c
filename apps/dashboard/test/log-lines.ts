import type { LogLineView } from '@yardmaster/protocol';

/** A line of a log as the server gives it, with what a test does not care about filled in. */
export function logLine(line: Partial<LogLineView> & Pick<LogLineView, 'n'>): LogLineView {
  return {
    at: '2026-01-01T12:00:00.000Z',
    step: 'bundle',
    stream: 'stdout',
    text: `line ${line.n}`,
    attempt: 1,
    ...line,
  };
}

export function logLines(first: number, last: number): LogLineView[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => logLine({ n: first + index }));
}
