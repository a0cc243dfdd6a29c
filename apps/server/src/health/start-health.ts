import { join } from 'node:path';
import type { Running } from '@yardmaster/application';
import { type SystemHealthOptions, type SystemHealthWatch, watchSystemHealth } from './system-health.ts';
import { watchClock } from './watch-clock.ts';
import { type DiskWatch, watchDisk } from './watch-disk.ts';

export interface Health extends Running {
  readonly disk: DiskWatch;
  readonly system: SystemHealthWatch;
}

/** Starts everything that watches how the server is. The artifacts may lie on a disk of their own. */
export async function startHealth({
  dataDir,
  ...parts
}: Omit<SystemHealthOptions, 'disk' | 'clockWatch'> & { readonly dataDir: string }): Promise<Health> {
  const { clock, log } = parts;
  const disk = await watchDisk({ folders: [dataDir, join(dataDir, 'artifacts')], clock, log });
  const clockWatch = watchClock({ clock, log });
  const system = watchSystemHealth({ ...parts, disk, clockWatch });
  return {
    disk,
    system,
    async stop() {
      await Promise.all([system.stop(), disk.stop(), clockWatch.stop()]);
    },
  };
}
