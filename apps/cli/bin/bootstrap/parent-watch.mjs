import { readFileSync } from 'node:fs';
import { processIdentity } from './process-identity.mjs';

/**
 * Watches the process that started us. npm runs scripts through `sh -c`, and some shells stay in between and outlive
 * a killed npm; then the shell's own parent is watched as well.
 *
 * @returns {() => boolean} true once a watched process has gone
 */
export function watchOurParent() {
  const parent = process.ppid;
  const watched = isShellCommand(parent) ? [parent, parentOf(parent)] : [parent];
  const living = watched.flatMap((pid) => (pid === null ? [] : [{ pid, identity: processIdentity(pid) }]));
  return () => process.ppid !== parent || living.some(({ pid, identity }) => processIdentity(pid) !== identity);
}

/** @param {number} pid */
function isShellCommand(pid) {
  return /^(\S*\/)?(sh|dash|bash|ash)\0-c\0/.test(readProc(pid, 'cmdline') ?? '');
}

/** @param {number} pid */
function parentOf(pid) {
  const stat = readProc(pid, 'stat');
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** @param {number} pid @param {string} file */
function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return null; // no /proc on this system: watching our own parent has to do
  }
}
