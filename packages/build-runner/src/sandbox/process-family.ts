import { type ProcessEntry, readEnvironmentMark, readProcessTable } from './process-table.ts';

/**
 * Everything a command started, as far as this machine shows it: its descendants, its process group, whatever carries
 * its mark in the environment, and what was seen of those before. A process has to drop its environment, leave the
 * group and lose its parent between two looks to get out of sight; a stronger sandbox closes that.
 */
export interface ProcessFamily {
  /** Looks again, and returns the members that are alive. */
  look(options: { readonly byMark: boolean }): readonly ProcessEntry[];
  /** True when the last look by mark met a process of which it could not yet be told. */
  readonly uncertain: boolean;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

export const createProcessFamily = (options: { readonly rootPid: number; readonly mark: string }): ProcessFamily => {
  const { rootPid } = options;
  const known = new Set<string>();
  const strangers = new Set<string>();
  const firstTicks = readProcessTable().find((entry) => entry.pid === options.rootPid)?.startTicks ?? 0;
  let uncertain = false;
  let cpuMs = 0;
  let peakMemoryBytes = 0;

  const key = (entry: ProcessEntry): string => `${entry.pid}:${entry.startTicks}`;

  /** What runs for longer than the family cannot belong to it, and a mark never changes, so each is read once. */
  const isMarked = (entry: ProcessEntry): boolean => {
    if (entry.startTicks < firstTicks || strangers.has(key(entry))) return false;
    const mark = readEnvironmentMark(entry.pid, options.mark);
    if (mark === 'unmarked') strangers.add(key(entry));
    if (mark === 'unknown') uncertain = true;
    return mark === 'marked';
  };

  return {
    get cpuMs() {
      return cpuMs;
    },
    get peakMemoryBytes() {
      return peakMemoryBytes;
    },
    get uncertain() {
      return uncertain;
    },
    look({ byMark }) {
      uncertain = false;
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
