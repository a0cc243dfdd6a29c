import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { processIdentity } from './process-identity.mjs';

/** Enough for many starts that all find the same dead holder at once, and for one of them being killed meanwhile. */
const MAX_TRIES = 1000;
const RETRY_MS = 10;

/** Removing a dead lock takes a millisecond; a turn older than this belongs to a process that was killed. */
const MAX_TURN_MS = 5000;

/**
 * @typedef {{ readonly pid: number, readonly identity: string }} LockHolder
 * @typedef {{ readonly ok: true, readonly release: () => void }
 *   | { readonly ok: false, readonly holder: LockHolder }} LockResult
 */

/**
 * Takes a lock that is a file, or says which living process holds it.
 *
 * A lock whose holder is dead (by pid and start time) is taken over; of several that find it dead, one gets it. The
 * file appears complete or not at all, because it is linked into place. `release` may be called twice.
 *
 * @param {string} path
 * @returns {LockResult}
 */
export function acquireLock(path) {
  const own = { pid: process.pid, identity: processIdentity(process.pid) ?? '' };
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(own));
  try {
    for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
      if (linkInto(draft, path)) return { ok: true, release: releaseOnce(path, own) };
      const holder = livingHolder(path);
      if (holder !== null) return { ok: false, holder };
      removeDead(path);
    }
    throw new Error(`The lock ${path} could not be taken; delete the file if nothing uses it.`);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** @param {string} draft @param {string} path */
function linkInto(draft, path) {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a lock whose holder is dead. Only one process at a time may, and it looks again once it is that one, so a
 * lock that was meanwhile taken is never removed.
 *
 * @param {string} path
 */
function removeDead(path) {
  const turn = `${path}.turn`;
  try {
    mkdirSync(turn);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    if (ageMs(turn) > MAX_TURN_MS) rmSync(turn, { recursive: true, force: true }); // its process was killed in its turn
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    return;
  }
  try {
    if (livingHolder(path) === null) rmSync(path, { force: true });
  } finally {
    rmSync(turn, { recursive: true, force: true });
  }
}

/** @param {string} path */
function ageMs(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? 0 : Date.now() - stat.mtimeMs;
}

/** @param {string} path @param {LockHolder} own */
function releaseOnce(path, own) {
  let isReleased = false;
  return () => {
    const holder = isReleased ? null : readHolder(path);
    isReleased = true;
    if (holder?.pid === own.pid && holder.identity === own.identity) rmSync(path, { force: true });
  };
}

/** @param {string} path @returns {LockHolder | null} */
function readHolder(path) {
  try {
    const { pid, identity } = JSON.parse(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) ? { pid, identity: String(identity) } : null;
  } catch {
    return null; // gone, or not ours: nobody holds it
  }
}

/**
 * The living process that holds a lock just now; null when nobody does.
 *
 * @param {string} path
 * @returns {LockHolder | null}
 */
export function livingHolder(path) {
  const holder = readHolder(path);
  return holder !== null && processIdentity(holder.pid) === holder.identity ? holder : null;
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
