import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** A process as /proc shows it. `startTicks` tells a process from a later one that got the same id. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  readonly startTicks: number;
  readonly zombie: boolean;
  /** Of the process and of the children it has already waited for. */
  readonly cpuMs: number;
  readonly residentBytes: number;
}

// Linux reports CPU time in ticks of 10 ms (USER_HZ is 100 on every architecture Node runs on).
const msPerTick = 10;
// Resident memory comes in pages; a kernel with larger pages makes this figure too small, never wrong in order.
const pageBytes = 4_096;

export const hasProcessTable = process.platform === 'linux';

/** Reads all processes of this machine that are visible; none where there is no /proc. Takes about 1 ms per 100. */
export const readProcessTable = (): readonly ProcessEntry[] => readListed(listPids());

export interface ProcessTable {
  readonly entries: readonly ProcessEntry[];
  /**
   * What ended between being listed and being read, or may have: what it started just before that is not listed. What
   * one started that had ended by then is, since Linux lists by number and gives the higher ones later.
   */
  readonly vanished: readonly number[];
  readonly ended: readonly ProcessEntry[];
}

/** Reads the table again and again: what had ended by the time before has not ended since. */
export const createTableReader = (): (() => ProcessTable) => {
  let endedBefore: ReadonlySet<string> = new Set();
  return () => {
    const pids = listPids();
    const entries = readListed(pids);
    const zombies = entries.filter(({ zombie }) => zombie);
    const ended = zombies.filter((entry) => !endedBefore.has(keyOf(entry)));
    endedBefore = new Set(zombies.map(keyOf));
    const read = new Set(entries.map(({ pid }) => pid));
    return { entries, ended, vanished: pids.filter((pid) => !read.has(pid)) };
  };
};

/** Tells a process from a later one with the same id. */
export const keyOf = ({ pid, startTicks }: Pick<ProcessEntry, 'pid' | 'startTicks'>): string => `${pid}:${startTicks}`;

const listPids = (): readonly number[] =>
  hasProcessTable ? readdirSync('/proc').map(Number).filter(Number.isInteger) : [];

const readListed = (pids: readonly number[]): readonly ProcessEntry[] =>
  pids.map(readProcess).filter((entry) => entry !== null);

const readProcess = (pid: number): ProcessEntry | null => {
  const stat = readOrNull(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const field = fieldsOf(stat);
  const ticks = [14, 15, 16, 17].reduce((sum, number) => sum + Number(field(number)), 0);
  return {
    pid,
    parentPid: Number(field(4)),
    groupId: Number(field(5)),
    sessionId: Number(field(6)),
    startTicks: Number(field(22)),
    zombie: field(3) === 'Z' || field(3) === 'X',
    cpuMs: ticks * msPerTick,
    residentBytes: Number(field(24)) * pageBytes,
  };
};

/** The command name is in parentheses and may itself hold spaces and parentheses; fields count from after it (proc(5)). */
const fieldsOf = (stat: string): ((number: number) => string) => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (number) => fields[number - 3] ?? '0';
};

/**
 * Whether a process was started with this variable in its environment, wherever it has moved since. `unknown` while
 * it is replacing its program, which may take long where the processor is busy, and when it has ended meanwhile. What
 * belongs to somebody else, or was begun outside of any session that this process can see, like the threads of the
 * kernel, is `unmarked`. `overwritten` where a daemon has written its title over its environment.
 */
export const readEnvironmentMark = (
  { pid, sessionId }: Pick<ProcessEntry, 'pid' | 'sessionId'>,
  mark: string,
): 'marked' | 'unmarked' | 'overwritten' | 'unknown' => {
  if (sessionId === 0) return 'unmarked';
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    if (environment === '') return isEmptyForGood(pid) ? 'unmarked' : 'unknown';
    if (environment.startsWith(`${mark}\0`) || environment.includes(`\0${mark}\0`)) return 'marked';
    return environment.split('\0', 1)[0]?.includes('=') === true ? 'unmarked' : 'overwritten';
  } catch (error) {
    return isForbidden(error) ? 'unmarked' : 'unknown';
  }
};

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM');

/** An environment without variables begins and ends (`env_start`, `env_end`) somewhere; one that is not there yet nowhere. */
const isEmptyForGood = (pid: number): boolean => {
  const field = fieldsOf(readOrNull(`/proc/${pid}/stat`) ?? '');
  return field(50) !== '0' && field(50) === field(51);
};

/** As long as the name of a program may be in a report. */
const maxProgramNameLength = 64;

/**
 * The bare name of the program that a process runs. Never its arguments, which may hold secrets; and a title that a
 * process gives itself often repeats those, so that the name is the file's where it can be read.
 */
export const readProgramName = (pid: number): string => {
  const stat = readOrNull(`/proc/${pid}/stat`) ?? '';
  const title = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')')).split(' ')[0];
  const name = basename(readLinkOrNull(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, '') ?? title ?? '');
  // Shortened first: half a character is none.
  return name.slice(0, maxProgramNameLength).replace(/\p{C}/gu, '?') || '?';
};

/** Whether a process works in a folder, or below it. */
export const worksIn = ({ pid }: Pick<ProcessEntry, 'pid'>, folder: string): boolean =>
  `${readLinkOrNull(`/proc/${pid}/cwd`) ?? ''}/`.startsWith(`${folder}/`);

const readLinkOrNull = (file: string): string | null => {
  try {
    return readlinkSync(file);
  } catch {
    return null;
  }
};

/** A process may end between listing and reading it; that is no failure. */
const readOrNull = (file: string): string | null => {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return null;
  }
};
