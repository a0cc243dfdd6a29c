import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that may pass through before their buffers are reclaimed. */
const reclaimEveryBytes = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect: (options: { readonly type: 'minor' }) => void = runInNewContext('gc');

/**
 * Keeps what an upload leaves in memory small. Every chunk that a socket reads is a buffer outside the JavaScript heap,
 * garbage as soon as it is written; the collector, which sees only its small object, would let some eighty megabytes of
 * them gather. A minor collection every few megabytes takes about a millisecond and keeps it at a quarter of that.
 */
export function createBufferReclaimer(): (bytes: number) => void {
  let passedBytes = 0;
  return (bytes) => {
    passedBytes += bytes;
    if (passedBytes < reclaimEveryBytes) return;
    passedBytes = 0;
    collect({ type: 'minor' });
  };
}
