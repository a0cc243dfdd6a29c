import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

export interface ProcessMemory {
  readonly pid: number;
  /** The command line, cut short. */
  readonly command: string;
  /** Its own pages, and its share of those that others have mapped as well. */
  readonly pssMb: number;
  readonly rssMb: number;
}

const shownCommandLength = 60;

/** A process and everything that descends from it, by /proc; those that end meanwhile are left out. */
export function processTree(rootPid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? readProc(Number(entry), 'stat') : null;
    // The name in parentheses may hold anything; state and parent follow it.
    const [state, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    if (state !== undefined && state !== 'Z') parents.set(Number(entry), Number(parent));
  }
  const found = [rootPid].filter((pid) => parents.has(pid));
  for (const pid of found) found.push(...[...parents].filter(([, parent]) => parent === pid).map(([child]) => child));
  return found;
}

/** Null for a process that has ended. */
export function memoryOf(pid: number): ProcessMemory | null {
  const rollup = readProc(pid, 'smaps_rollup');
  if (rollup === null) return null;
  const megabytes = (name: string) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) * 1_024) / 1_000_000;
  const command = (readProc(pid, 'cmdline') ?? '').replaceAll('\0', ' ').trim();
  return { pid, command: shorten(command), pssMb: megabytes('Pss'), rssMb: megabytes('Rss') };
}

function shorten(command: string): string {
  const words = command.split(' ').filter((word) => !word.startsWith('--'));
  return words
    .map((word) => (word.startsWith('/') ? basename(word) : word))
    .join(' ')
    .slice(0, shownCommandLength);
}

function readProc(pid: number, file: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // it has ended
  }
}
