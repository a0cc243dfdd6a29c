import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { processIdentity } from './process-identity.mjs';

/** Enough for several starts that all find the same dead holder at once. */
const MAX_TRIES = 20;

/**
 * @typedef {{ readonly pid: number, readonly identity: string }} LockHolder
 * @typedef {{ readonly ok: true, readonly release: () => void }
 *   | { readonly ok: false, readonly holder: LockHolder }} LockResult
 */

/**
 * Takes a lock that is a file, or says which living process holds it.
 *
 * A lock whose holder is dead (by pid and start time) is taken over. The file appears complete or not at all, because
 * it is linked into place; a dead lock is moved away before it is replaced and looked at again once it is moved, so
 * two processes that find the same dead lock do not both get it. `release` may be called twice.
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
      if (linkInto(draft, path)) return { ok: true, release: () => releaseOwn(path, own) };
      const holder = readHolder(path);
      if (holder !== null && isAlive(holder)) return { ok: false, holder };
      moveAway(path, draft);
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

/** Removes a dead lock; puts it back when it was meanwhile replaced by a living one. @param {string} path @param {string} draft */
function moveAway(path, draft) {
  const moved = `${draft}.dead`;
  try {
    renameSync(path, moved);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return; // somebody else moved it
    throw error;
  }
  const holder = readHolder(moved);
  if (holder !== null && isAlive(holder)) linkInto(moved, path);
  rmSync(moved, { force: true });
}

/** @param {string} path @param {LockHolder} own */
function releaseOwn(path, own) {
  const holder = readHolder(path);
  if (holder?.pid === own.pid && holder.identity === own.identity) rmSync(path, { force: true });
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

/** @param {LockHolder} holder */
function isAlive(holder) {
  return processIdentity(holder.pid) === holder.identity;
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
