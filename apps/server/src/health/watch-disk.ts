import { statfs as statFileSystem } from 'node:fs/promises';
import type { Clock, Log, Running } from '@yardmaster/application';

/**
 * Uploads are refused below this, so that the rest is left for events, read models, outputs and the message server: builds
 * under way end, and a cancel is recorded. A disk on which it would be more than the share keeps the share.
 */
export const reserveBytes = 512 * 1024 * 1024;
const reserveShare = 0.1;
/** Below this the disk counts as low: time to make room before anything is refused. */
const lowBytes = 2 * 1024 * 1024 * 1024;
const lowShare = 0.2;
/** A bound that was crossed is crossed back only with so much more free, so that nothing is told to and fro. */
const recoveryFactor = 1.1;
/** What of the bounds holds for outputs. */
const outputFactor = 0.5;
/** Files that a file system without room for more names has left; one that makes them as needed says 0 of 0. */
const reserveFiles = 1_000;
const lookEveryMs = 2_000;

export type DiskLevel = 'ok' | 'low' | 'full';

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly freeFiles: number;
  readonly totalFiles: number;
}

export interface DiskWatch extends Running {
  /** As it was at the last look, at most a few seconds ago. */
  level(): DiskLevel;
  /**
   * Whether so much more may be written, as the disk is now. An upload leaves the whole reserve; the output of a build that
   * was accepted may take half of it.
   */
  hasRoomFor(what: 'upload' | 'output', bytes: number): Promise<boolean>;
}

/**
 * Watches how much room the disks have that the product writes to; the fullest of them counts. A disk that cannot be asked
 * counts as it was: what is written to it says by itself what is wrong. Resolves after the first look.
 */
export async function watchDisk({
  folders,
  clock,
  log,
  spaceOf = readSpace,
}: {
  readonly folders: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  readonly spaceOf?: (folder: string) => Promise<DiskSpace>;
}): Promise<DiskWatch> {
  let level: DiskLevel = 'ok';
  let isStopped = false;
  let looking: Promise<unknown> = Promise.resolve();
  let timer = { cancel() {} };
  await tick();

  return {
    level: () => level,
    async hasRoomFor(what, bytes) {
      const spaces = await look();
      if (what === 'upload' && level === 'full') return false;
      const factor = what === 'upload' ? 1 : outputFactor;
      return spaces.every((space) => levelOf(space, { bytes, factor }) !== 'full');
    },
    async stop() {
      isStopped = true;
      timer.cancel();
      await looking;
    },
  };

  async function tick(): Promise<void> {
    looking = look();
    await looking;
    if (!isStopped) timer = clock.setTimer(lookEveryMs, () => void tick());
  }

  async function look(): Promise<readonly DiskSpace[]> {
    try {
      const spaces = await Promise.all(folders.map(spaceOf));
      const before = level;
      level = worst(spaces.map((space) => nextLevel(before, space)));
      if (level !== before) log.warn({ level, before }, 'the room on the disk crossed a bound');
      return spaces;
    } catch (error) {
      log.warn({ error }, 'how much room the disk has could not be asked');
      return [];
    }
  }
}

/** The level of a disk after `bytes` more are written. */
export function levelOf(
  { freeBytes, totalBytes, freeFiles, totalFiles }: DiskSpace,
  { bytes = 0, factor = 1 }: { readonly bytes?: number; readonly factor?: number } = {},
): DiskLevel {
  const leftBytes = freeBytes - bytes;
  if (leftBytes < Math.min(reserveBytes, totalBytes * reserveShare) * factor) return 'full';
  if (totalFiles > 0 && freeFiles < Math.min(reserveFiles, totalFiles * reserveShare) * factor) return 'full';
  return leftBytes < Math.min(lowBytes, totalBytes * lowShare) * factor ? 'low' : 'ok';
}

const byGravity: readonly DiskLevel[] = ['ok', 'low', 'full'];

const worst = (levels: readonly DiskLevel[]): DiskLevel => byGravity.findLast((one) => levels.includes(one)) ?? 'ok';

/** A disk gets worse at its bounds, and better only some way behind them. */
function nextLevel(before: DiskLevel, space: DiskSpace): DiskLevel {
  const now = levelOf(space);
  if (byGravity.indexOf(now) >= byGravity.indexOf(before)) return now;
  return levelOf(space, { factor: recoveryFactor });
}

async function readSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize, ffree, files } = await statFileSystem(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize, freeFiles: ffree, totalFiles: files };
}
