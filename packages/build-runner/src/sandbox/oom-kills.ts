import { readFileSync } from 'node:fs';

/**
 * How many processes the kernel has killed for want of memory since it started, on the whole machine and whatever
 * limit they ran into (`oom_kill` of /proc/vmstat, Linux 4.13 and later). Null where it is not told.
 */
export const readOomKills = (): number | null => {
  try {
    const count = /^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1];
    return count === undefined ? null : Number(count);
  } catch {
    return null;
  }
};
