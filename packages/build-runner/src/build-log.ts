import type { Step } from '@yardmaster/domain';
import type { OutputStream } from './sandbox/sandbox.ts';

/** One line of a build's log. `system` lines are ours: what is run, and why. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly step: Step;
  readonly stream: OutputStream | 'system';
  readonly text: string;
}

/** A build that writes more is cut off here, once and visibly: nobody reads further, and the disk is shared. */
export const maxLogLines = 200_000;
export const maxLogBytes = 64 * 1024 * 1024;

export interface BuildLog {
  write(line: Omit<LogLine, 'at'>): void;
  readonly dropped: number;
}

export const createBuildLog = (onLine: (line: LogLine) => void): BuildLog => {
  let lines = 0;
  let bytes = 0;
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    write(line) {
      lines += 1;
      bytes += Buffer.byteLength(line.text);
      const isFull = lines > maxLogLines || bytes > maxLogBytes;
      // Our own few lines are always kept: the reason of a failure must not drown in its noise.
      if (!isFull || line.stream === 'system') {
        onLine({ at: Date.now(), ...line });
        return;
      }
      dropped += 1;
      if (dropped > 1) return;
      onLine({
        at: Date.now(),
        step: line.step,
        stream: 'system',
        text: 'The log is full; further output is dropped.',
      });
    },
  };
};
