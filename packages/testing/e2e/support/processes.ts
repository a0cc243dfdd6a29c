import { readdirSync, readFileSync } from 'node:fs';

/** What Linux shows of a process; empty when it has ended or belongs to somebody else. */
const read = (pid: number, file: 'environ' | 'cmdline' | 'stat' | 'status'): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
};

/** Whether the process runs: one that has ended and waits to be collected does not. */
export function isAlive(pid: number): boolean {
  const stat = read(pid, 'stat');
  // The name is in parentheses and may itself hold any character.
  return stat !== '' && !stat.slice(stat.lastIndexOf(')') + 1).startsWith(' Z');
}

/** Processes whose environment or command line holds the text. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid && isAlive(pid))
    .filter((pid) => read(pid, 'environ').includes(text) || read(pid, 'cmdline').includes(text));
}

/** Memory that a process holds just now, in bytes; 0 when it has ended. */
export function residentBytes(pid: number): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(read(pid, 'status')) ?? [];
  return Number(kilobytes) * 1024;
}
