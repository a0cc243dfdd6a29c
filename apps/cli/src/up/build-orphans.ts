import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Every process of a build carries this variable; its value is `<instance id>/<worker id>`. */
export const BUILD_OWNER_VARIABLE = 'YARDMASTER_BUILD_OWNER';

/** A process can fork while the list is read; after this many rounds something forks faster than it can be killed. */
const MAX_ROUNDS = 20;

/**
 * Kills (SIGKILL) every process of the builds of one worker, `<instance id>/<worker id>`, or of all workers,
 * `<instance id>/`, until none is left, and returns how many it were. The marker is inherited, so this finds what left
 * its process group and its session as well. Builds of other data directories are never touched.
 */
export function killBuildOrphans(owner: string): number {
  const killed = new Set<number>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const found = processesOwnedBy(owner).filter(kill);
    if (found.length === 0) break;
    for (const pid of found) killed.add(pid);
  }
  return killed.size;
}

/** The name of one worker may begin that of another: worker-1, worker-10. */
function processesOwnedBy(owner: string): readonly number[] {
  const marker = `${BUILD_OWNER_VARIABLE}=${owner}`;
  const isMarked = owner.endsWith('/')
    ? (variable: string) => variable.startsWith(marker)
    : (variable: string) => variable === marker;
  return process.platform === 'linux' ? markedInProc(isMarked) : markedInPs(isMarked);
}

function markedInProc(isMarked: (variable: string) => boolean): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).some(isMarked))
    .map(Number);
}

/** A process that has ended, or that is somebody else's, has an empty one. */
function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}

function markedInPs(isMarked: (variable: string) => boolean): readonly number[] {
  return execFileSync('ps', ['-axEww', '-o', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.split(/\s+/).some(isMarked))
    .map((line) => Number.parseInt(line, 10));
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false; // ended by itself meanwhile
  }
}
