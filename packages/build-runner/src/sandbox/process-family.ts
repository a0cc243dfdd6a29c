import { hasEnvironmentMark, type ProcessEntry, readProcessTable } from './process-table.ts';

/**
 * Everything a command started, as far as this machine shows it: its descendants, its process group, whatever carries
 * its mark in the environment, and what was seen of those before. A process has to drop its environment, leave the
 * group and lose its parent between two looks to get out of sight; a stronger sandbox closes that.
 */
export interface ProcessFamily {
  /** Looks again, and returns the members that are alive. */
  look(options: { readonly byMark: boolean }): readonly ProcessEntry[];
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

export const createProcessFamily = ({
  rootPid,
  mark,
}: {
  readonly rootPid: number;
  readonly mark: string;
}): ProcessFamily => {
  const known = new Set<string>();
  const strangers = new Set<string>();
  let cpuMs = 0;
  let peakMemoryBytes = 0;

  const key = (entry: ProcessEntry): string => `${entry.pid}:${entry.startTicks}`;

  /** The mark never changes after a start, so each stranger is read once. */
  const isMarked = (entry: ProcessEntry): boolean => {
    if (strangers.has(key(entry))) return false;
    if (hasEnvironmentMark(entry.pid, mark)) return true;
    strangers.add(key(entry));
    return false;
  };

  return {
    get cpuMs() {
      return cpuMs;
    },
    get peakMemoryBytes() {
      return peakMemoryBytes;
    },
    look({ byMark }) {
      const table = readProcessTable().filter((entry) => entry.pid !== process.pid);
      const members = new Map<number, ProcessEntry>();
      for (const entry of table) {
        const belongs = entry.pid === rootPid || entry.groupId === rootPid || known.has(key(entry));
        if (belongs || (byMark && !entry.zombie && isMarked(entry))) members.set(entry.pid, entry);
      }
      addDescendants(table, members);
      const alive = [...members.values()].filter((entry) => !entry.zombie);
      for (const entry of alive) known.add(key(entry));
      cpuMs = Math.max(
        cpuMs,
        sum(members.values(), (entry) => entry.cpuMs),
      );
      peakMemoryBytes = Math.max(
        peakMemoryBytes,
        sum(alive, (entry) => entry.residentBytes),
      );
      return alive;
    },
  };
};

/** Parents may come after their children in the table, so this repeats until nothing is added. */
const addDescendants = (table: readonly ProcessEntry[], members: Map<number, ProcessEntry>): void => {
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const entry of table) {
      if (members.has(entry.parentPid)) members.set(entry.pid, entry);
    }
  }
};

const sum = (entries: Iterable<ProcessEntry>, value: (entry: ProcessEntry) => number): number => {
  let total = 0;
  for (const entry of entries) total += value(entry);
  return total;
};
