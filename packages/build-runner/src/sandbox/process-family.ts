import { type Look, wholeGroups } from './end-processes.ts';
import { type ProcessEntry, readEnvironmentMark, readProcessTable } from './process-table.ts';

/**
 * Everything a command started, as far as this machine shows it: its session, its descendants, whatever carries its mark
 * in the environment, what was seen of those before, and the sessions that they began. A process has to drop its
 * environment, begin a session and lose its parent between two looks to get out of sight; a stronger sandbox closes that.
 */
export interface ProcessFamily {
  look(options: { readonly byMark: boolean }): Look;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

export const createProcessFamily = (options: { readonly rootPid: number; readonly mark: string }): ProcessFamily => {
  const known = new Set<string>();
  const strangers = new Set<string>();
  const sessions = new Set([options.rootPid]);
  const firstTicks = readProcessTable().entries.find((entry) => entry.pid === options.rootPid)?.startTicks ?? 0;
  let uncertain = false;
  let cpuMs = 0;
  let peakMemoryBytes = 0;

  const key = (entry: ProcessEntry): string => `${entry.pid}:${entry.startTicks}`;

  /** What runs for longer than the family cannot belong to it, and a mark never changes, so each is read once. */
  const isMarked = (entry: ProcessEntry): boolean => {
    if (entry.startTicks < firstTicks || strangers.has(key(entry))) return false;
    const mark = readEnvironmentMark(entry, options.mark);
    if (mark === 'unmarked') strangers.add(key(entry));
    if (mark === 'unknown') uncertain = true;
    return mark === 'marked';
  };

  const membersIn = (
    table: readonly ProcessEntry[],
    { byMark }: { readonly byMark: boolean },
  ): Map<number, ProcessEntry> => {
    const members = new Map<number, ProcessEntry>();
    for (const entry of table) {
      if (entry.pid === process.pid) continue;
      const belongs = sessions.has(entry.sessionId) || known.has(key(entry));
      if (belongs || (byMark && !entry.zombie && isMarked(entry))) members.set(entry.pid, entry);
    }
    addDescendants(table, members);
    return members;
  };

  /** The number of a session that has ended whole may be given to another. */
  const rememberSessions = (table: readonly ProcessEntry[], members: ReadonlyMap<number, ProcessEntry>): void => {
    const present = new Set(table.map(({ sessionId }) => sessionId));
    for (const session of sessions) if (!present.has(session)) sessions.delete(session);
    for (const { pid, sessionId } of members.values()) if (pid === sessionId) sessions.add(sessionId);
  };

  return {
    get cpuMs() {
      return cpuMs;
    },
    get peakMemoryBytes() {
      return peakMemoryBytes;
    },
    look({ byMark }) {
      uncertain = false;
      const { entries: table, complete } = readProcessTable();
      const members = membersIn(table, { byMark });
      rememberSessions(table, members);
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
      return { alive, groups: wholeGroups(table, members), certain: complete && !uncertain };
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
