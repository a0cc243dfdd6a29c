import { readFileSync } from 'node:fs';

/** A process that is what it was when it was chosen: a pid alone may mean another one by now. */
export interface Victim {
  readonly pid: number;
  readonly startedAtTicks: string;
}

/** Null when it has ended. */
export function victimOf(pid: number): Victim | null {
  const startedAtTicks = statOf(pid)?.startedAtTicks;
  return startedAtTicks === undefined ? null : { pid, startedAtTicks };
}

/** False when it has ended meanwhile. */
export function signalVictim(victim: Victim, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): boolean {
  if (statOf(victim.pid)?.startedAtTicks !== victim.startedAtTicks) return false;
  try {
    process.kill(victim.pid, signal);
    return true;
  } catch {
    return false;
  }
}

export interface ProcessStat {
  readonly state: string;
  readonly parentPid: number;
  readonly startedAtTicks: string;
}

/** What Linux shows of a process (proc(5), fields 3, 4 and 22 of `stat`); null when it is gone. */
export function statOf(pid: number): ProcessStat | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before is in parentheses and may itself hold any character.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parentPid: Number(fields[1]), startedAtTicks: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** The value of a variable in a process's environment; null where there is none, or no such process. */
export function variableOf(pid: number, name: string): string | null {
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
    return variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;
  } catch {
    return null;
  }
}
