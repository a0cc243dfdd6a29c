import { setTimeout as delay } from 'node:timers/promises';
import { type KillEvidence, maxKilledProcessesNamed, maxPortsNamed } from '@yardmaster/domain';
import { readListeningSockets, readSocketsOf } from './listening-sockets.ts';
import { hasProcessTable, keyOf, type ProcessEntry, readProgramName } from './process-table.ts';

/** What had to be killed, or asked to end and did. */
export interface Killed {
  /** How many processes in all; the list holds the first of them. */
  readonly count: number;
  readonly processes: KillEvidence['processes'];
  /** TCP ports that they listened on. */
  readonly ports: KillEvidence['ports'];
}

export interface Ended {
  readonly killed: Killed;
  /** True when it was looked, and no process is left, and none of their sockets listens. */
  readonly nothingLeft: boolean;
}

export const nothingKilled: Killed = { count: 0, processes: [], ports: [] };

/** What is to be ended, as one look at the machine shows it. */
export interface Look {
  readonly alive: readonly Pick<ProcessEntry, 'pid' | 'groupId' | 'startTicks'>[];
  /** Process groups that hold nothing else. */
  readonly groups: ReadonlySet<number>;
  /** False when there was a process of which it could not be told, or one that ended while we looked. */
  readonly certain: boolean;
}

/** How long processes may take to end by themselves after SIGTERM. */
const graceMs = 2_000;
const pollMs = 20;
/**
 * Looks in a row that find nothing and are certain, for a proof: a process that another starts just before it ends is
 * missed by one look only, and only where the numbers of processes begin anew just then.
 */
const provingLooks = 2;
/** Looks that find nothing, after which what cannot be told is somebody else's, where no proof is asked for. */
const sufficientLooks = 5;
/** After SIGKILL a process is gone within milliseconds, except while it waits for a disk or the network. */
const killDeadlineMs = 5_000;
/** A socket that was on its way from one process to another is closed a little later than they end. */
const closeDeadlineMs = 1_000;

/**
 * Ends all processes that `look` finds, first politely if asked to, and makes sure, if asked to beyond doubt, that none is
 * left. Groups are killed as one, so that nothing in them can start another in time. Never rejects. Where there is no
 * process table, that nothing is left cannot be proven.
 */
export const endProcesses = async ({
  look,
  gracefully,
  thoroughly,
}: {
  readonly look: () => Look;
  readonly gracefully: boolean;
  readonly thoroughly: boolean;
}): Promise<Ended> => {
  const tally = createTally();
  if (gracefully) {
    const first = lookOrNull(look);
    if (first !== null) {
      tally.add(first);
      signalAll(first, 'SIGTERM');
    }
    await untilGone({ look, tally, thoroughly, boundMs: graceMs, signalName: null });
  }
  const left = await untilGone({ look, tally, thoroughly, boundMs: killDeadlineMs, signalName: 'SIGKILL' });
  const closed = await untilClosed(tally.sockets);
  return { killed: tally.killed(left ?? []), nothingLeft: hasProcessTable && left?.length === 0 && closed };
};

/** Resolves to what is still alive; to null when that could not be seen. */
const untilGone = async ({
  look,
  tally,
  thoroughly,
  boundMs,
  signalName,
}: {
  readonly look: () => Look;
  readonly tally: Tally;
  readonly thoroughly: boolean;
  readonly boundMs: number;
  readonly signalName: 'SIGKILL' | null;
}): Promise<Look['alive'] | null> => {
  const deadline = performance.now() + boundMs;
  let certainLooks = 0;
  let emptyLooks = 0;
  for (let round = 1; ; round += 1) {
    const seen = lookOrNull(look);
    const isEmpty = seen?.alive.length === 0;
    emptyLooks = isEmpty ? emptyLooks + 1 : 0;
    certainLooks = isEmpty && seen.certain ? certainLooks + 1 : 0;
    if (certainLooks === provingLooks) return [];
    if (!thoroughly && (certainLooks === 1 || emptyLooks === sufficientLooks)) return [];
    const grows = seen !== null && tally.add(seen);
    if (performance.now() > deadline) return seen?.certain === false && isEmpty ? null : (seen?.alive ?? null);
    if (seen !== null && signalName !== null) {
      if (round === 1) tally.addPorts(seen.alive);
      signalAll(seen, signalName);
    }
    // What starts others while it is killed is not given the time to.
    await delay(grows && signalName !== null ? 0 : pollMs);
  }
};

/** /proc cannot be listed by a worker that has no file descriptor left. */
const lookOrNull = (look: () => Look): Look | null => {
  try {
    return look();
  } catch {
    return null;
  }
};

/** What was met on the way. Names and ports are read before a signal is sent: afterwards there is nothing to read. */
interface Tally {
  /** True when there was one that had not been seen before. */
  add(seen: Look): boolean;
  /** Looks again for ports of processes that were seen before. */
  addPorts(alive: Look['alive']): void;
  /** Inodes and ports. */
  readonly sockets: ReadonlyMap<string, number>;
  killed(left: Look['alive']): Killed;
}

const createTally = (): Tally => {
  const seen = new Set<string>();
  const named: { readonly key: string; readonly pid: number; readonly command: string }[] = [];
  const sockets = new Map<string, number>();
  const addPorts = (alive: Look['alive']): void => {
    if (alive.length === 0 || sockets.size >= maxPortsNamed) return;
    const listening = readListeningSockets();
    if (listening.size === 0) return;
    for (const inode of alive.flatMap(({ pid }) => readSocketsOf(pid))) {
      const port = listening.get(inode);
      if (port !== undefined) sockets.set(inode, port);
    }
  };
  return {
    add({ alive }) {
      const added = alive.filter((entry) => !seen.has(keyOf(entry)));
      for (const entry of added) {
        seen.add(keyOf(entry));
        if (named.length < maxKilledProcessesNamed) {
          named.push({ key: keyOf(entry), pid: entry.pid, command: readProgramName(entry.pid) });
        }
      }
      addPorts(added);
      return added.length > 0;
    },
    addPorts,
    sockets,
    killed(left) {
      const survivors = new Set(left.map(keyOf));
      return {
        count: seen.size - survivors.size,
        processes: named.filter(({ key }) => !survivors.has(key)).map(({ pid, command }) => ({ pid, command })),
        ports: [...new Set(sockets.values())].toSorted((a, b) => a - b).slice(0, maxPortsNamed),
      };
    },
  };
};

/** False when one of these very sockets still listens. That somebody else has since taken the port is no matter. */
const untilClosed = async (sockets: ReadonlyMap<string, number>): Promise<boolean> => {
  if (sockets.size === 0) return true;
  const deadline = performance.now() + closeDeadlineMs;
  for (;;) {
    const listening = readListeningSockets();
    if (![...sockets.keys()].some((inode) => listening.has(inode))) return true;
    if (performance.now() > deadline) return false;
    await delay(pollMs);
  }
};

const signalAll = ({ alive, groups }: Look, signalName: 'SIGTERM' | 'SIGKILL'): void => {
  for (const groupId of groups) signalProcess(-groupId, signalName);
  for (const { pid, groupId } of alive) if (!groups.has(groupId)) signalProcess(pid, signalName);
};

/** False when there is no such process, or group, any more. */
export const signalProcess = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
};

/** The groups of which every process is one of `members`. */
export const wholeGroups = (
  table: readonly ProcessEntry[],
  members: { has(pid: number): boolean },
): ReadonlySet<number> => {
  const groups = new Set(table.filter(({ pid }) => members.has(pid)).map(({ groupId }) => groupId));
  for (const { pid, groupId } of table) if (!members.has(pid)) groups.delete(groupId);
  return groups;
};
