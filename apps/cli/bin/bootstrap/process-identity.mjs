import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where the start time stands in /proc/<pid>/stat, counted from the field after the command's name (see proc(5)). */
const START_TIME_FIELD = 19;

/**
 * Names a running process beyond its pid, which is used again sooner or later: boot and start time.
 *
 * Null when there is no such process, or it has ended and only waits to be collected.
 *
 * @param {number} pid
 * @returns {string | null}
 */
export function processIdentity(pid) {
  return process.platform === 'linux' ? identityFromProc(pid) : identityFromPs(pid);
}

/** @param {number} pid */
function identityFromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[START_TIME_FIELD]}`;
  } catch {
    return null; // the process is gone, or goes while it is being read
  }
}

/** @param {number} pid */
function identityFromPs(pid) {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    })
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith('Z') ? null : started.join(' ');
  } catch {
    return null; // ps exits with 1 when there is no such process
  }
}
