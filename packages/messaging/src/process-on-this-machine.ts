import { readFileSync, readlinkSync } from 'node:fs';

/** A process, named so that others can tell whether it still is. `machine` is null where that cannot be known. */
export interface ProcessName {
  /** The start of the operating system and the process namespace that the id belongs to. */
  readonly machine: string | null;
  readonly pid: number;
}

export const thisProcess: ProcessName = { machine: thisMachine(), pid: process.pid };

/** True only for a process of this machine that certainly ended. False where it lives, or nobody here can tell. */
export function isGone({ machine, pid }: ProcessName): boolean {
  if (machine === null || machine !== thisProcess.machine) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'; // whatever else it is, there is such a process
  }
}

/** Null where the system tells neither, as others than Linux. */
function thisMachine(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
