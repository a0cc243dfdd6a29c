import { type Look, wholeGroups } from './end-processes.ts';
import {
  createTableReader,
  keyOf,
  type ProcessEntry,
  type ProcessTable,
  readEnvironmentMark,
  worksIn,
} from './process-table.ts';

/**
 * Everything a command started, as far as this machine shows it: its session, its descendants, whatever carries its mark
 * in the environment, what was seen of those before, and the sessions that they began. Some daemons write over their
 * environment: of those it is what works in the command's folder, and with one that works elsewhere no look is certain.
 * A process has to drop its environment, begin a session and lose its parent between two looks to get out of sight; a
 * stronger sandbox closes that.
 * One that begins a session, starts its like and ends, again and again, can run ahead of every look: then no look is
 * certain.
 */
export interface ProcessFamily {
  look(options: { readonly byMark: boolean }): Look;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
}

export const createProcessFamily = (options: {
  readonly rootPid: number;
  readonly mark: string;
  /** Where the command works, as its real path. */
  readonly folder: string;
}): ProcessFamily => {
  const known = new Set<string>();
  const strangers = new Set<string>();
  const sessions = new Set([options.rootPid]);
  const readTable = createTableReader();
  const firstTicks = readTable().entries.find((entry) => entry.pid === options.rootPid)?.startTicks ?? 0;
  let cleared: ReadonlySet<number> = new Set();
  let cpuMs = 0;
  let peakMemoryBytes = 0;

  /** What runs for longer than the family cannot belong to it, and a mark never changes, so each is read once. */
  const isStranger = (entry: ProcessEntry): boolean => entry.startTicks < firstTicks || strangers.has(keyOf(entry));

  const judge = (
    { entries, ended, vanished }: ProcessTable,
    { byMark }: { readonly byMark: boolean },
  ): { readonly members: ReadonlyMap<number, ProcessEntry>; readonly certain: boolean } => {
    const members = new Map<number, ProcessEntry>();
    const mayHaveLostParent = adoptedIn(entries);
    let certain = vanished.every((pid) => cleared.has(pid));
    for (const entry of entries) {
      if (entry.pid === process.pid) continue;
      if (sessions.has(entry.sessionId) || known.has(keyOf(entry))) members.set(entry.pid, entry);
      else if (byMark && !entry.zombie && mayHaveLostParent(entry) && !isStranger(entry)) {
        const mark = readEnvironmentMark(entry, options.mark);
        if (mark === 'marked' || (mark === 'overwritten' && worksIn(entry, options.folder))) {
          members.set(entry.pid, entry);
        } else if (mark === 'unmarked') strangers.add(keyOf(entry));
        else certain = false;
      }
    }
    addDescendants(entries, members);
    certain &&= ended.every((entry) => !members.has(entry.pid) && (isStranger(entry) || !mayHaveLostParent(entry)));
    return { members, certain };
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
      const table = readTable();
      const { members, certain } = judge(table, { byMark });
      rememberSessions(table.entries, members);
      const others = byMark && certain ? table.entries.filter(({ pid }) => !members.has(pid)) : [];
      cleared = new Set(others.map(({ pid }) => pid));
      const alive = [...members.values()].filter((entry) => !entry.zombie);
      for (const entry of alive) known.add(keyOf(entry));
      cpuMs = Math.max(
        cpuMs,
        sum(members.values(), (entry) => entry.cpuMs),
      );
      peakMemoryBytes = Math.max(
        peakMemoryBytes,
        sum(alive, (entry) => entry.residentBytes),
      );
      return { alive, groups: wholeGroups(table.entries, members), certain };
    },
  };
};

/**
 * Whether a process may be one of ours although its parent is not: what has lost its parent is adopted by one of those
 * that this process itself descends from. All others have the parent that started them.
 */
const adoptedIn = (table: readonly ProcessEntry[]): ((entry: ProcessEntry) => boolean) => {
  const parents = new Map(table.map(({ pid, parentPid }) => [pid, parentPid]));
  const ancestors = new Set([0]);
  for (let pid: number | undefined = process.pid; pid !== undefined && !ancestors.has(pid); pid = parents.get(pid)) {
    ancestors.add(pid);
  }
  return ({ parentPid }) => ancestors.has(parentPid) || !parents.has(parentPid);
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
