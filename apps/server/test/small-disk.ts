import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A file system of its own that is really full when it is filled. */
export interface SmallDisk {
  readonly folder: string;
  /** Until at most so much is free. */
  fill(options: { readonly leaveBytes: number }): void;
  /** Makes what was filled free again. */
  free(): void;
}

const chunk = Buffer.alloc(4_096);

/** Whether this process may mount; only root may, and not in every container. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Mounted until the test is finished; what runs on it is to be stopped before, so it is started after. */
export function mountSmallDisk({ sizeBytes }: { readonly sizeBytes: number }): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', folder]);
  const filler = join(folder, 'filler');
  onTestFinished(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    fill({ leaveBytes }) {
      const file = openSync(filler, 'a');
      try {
        while (freeBytes(folder) > leaveBytes) writeSync(file, chunk);
      } catch (error) {
        // Whoever else writes to the disk may take the last of it.
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler),
  };
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
