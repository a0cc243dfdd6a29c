import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes of uploads that pass through between two looks at the memory in use. */
const lookEveryBytes = 4 * 1024 * 1024;
/** How much the memory in use may have grown since it was lowest until all of it is collected: whichever is more. */
const maxGrowthBytes = 16 * 1024 * 1024;
const maxGrowthFactor = 1.25;

setFlagsFromString('--expose-gc');
const collect: (options: { readonly type: 'minor' | 'major' }) => void = runInNewContext('gc');

let passedBytes = 0;
let lowestUsedBytes = Number.POSITIVE_INFINITY;

/**
 * Bounds the garbage that uploads leave in memory; to be told of all their bytes. Left to itself, the collector waits until
 * the heap has grown to a multiple of what is in use, by a factor that it takes from the speed of the machine, or until
 * sixty-four megabytes of buffers outside the heap have gathered. A minor collection every few megabytes frees most of the
 * chunks from sockets, in about a millisecond. What has been promoted, since it was in use at two of those, is collected
 * when there is enough of it to be worth some twenty.
 */
export function reclaimMemory(bytes: number): void {
  passedBytes += bytes;
  if (passedBytes < lookEveryBytes) return;
  passedBytes = 0;
  collect({ type: 'minor' });
  const used = usedBytes();
  lowestUsedBytes = Math.min(lowestUsedBytes, used);
  if (used <= Math.max(lowestUsedBytes + maxGrowthBytes, lowestUsedBytes * maxGrowthFactor)) return;
  collect({ type: 'major' });
  lowestUsedBytes = usedBytes(); // more than before where more is in use, so that not every look collects again
}

function usedBytes(): number {
  const { used_heap_size: heapBytes, external_memory: buffersBytes } = getHeapStatistics();
  return heapBytes + buffersBytes;
}
