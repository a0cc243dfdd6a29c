import { setTimeout as delay } from 'node:timers/promises';
import { ownerVariable } from './process-group.ts';
import { readEnvironmentMark, readProcessTable } from './process-table.ts';

const roundMs = 20;
const maxRounds = 250;

/**
 * Ends what an earlier run of the same worker left behind, found by the mark that every process of a build carries.
 * To be called at the start of a worker, before its first build. Resolves to the number of processes ended; rejects
 * when some cannot be ended. Does nothing where there is no /proc.
 */
export const endStrayProcesses = async (owner: string): Promise<number> => {
  const mark = `${ownerVariable}=${owner}`;
  const ended = new Set<string>();
  let emptyRounds = 0;
  for (let round = 0; round < maxRounds; round += 1) {
    const strays = readProcessTable().filter(
      (entry) => entry.pid !== process.pid && !entry.zombie && readEnvironmentMark(entry.pid, mark) === 'marked',
    );
    // One that is just replacing its program shows no mark, so nothing has to be found twice.
    emptyRounds = strays.length === 0 ? emptyRounds + 1 : 0;
    if (emptyRounds === 2) return ended.size;
    for (const { pid, startTicks } of strays) {
      ended.add(`${pid}:${startTicks}`);
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself in the meantime.
      }
    }
    await delay(roundMs);
  }
  throw new Error(`processes of ${owner} from an earlier run could not be ended`);
};
