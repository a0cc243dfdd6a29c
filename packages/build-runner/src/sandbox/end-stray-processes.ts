import { type Ended, endProcesses, type Look, wholeGroups } from './end-processes.ts';
import { jobVariable, ownerVariable } from './process-group.ts';
import { type ProcessEntry, readEnvironmentMark, readProcessTable } from './process-table.ts';

/**
 * Ends what still runs of all builds of a worker, or of one attempt, found by the mark that every process of a build
 * carries: what an earlier life of the worker left behind, or what may have escaped the end of an attempt. Finds nothing
 * where there is no /proc. Never rejects.
 */
export const endStrayProcesses = (of: { readonly owner: string } | { readonly job: string }): Promise<Ended> => {
  const mark = 'owner' in of ? `${ownerVariable}=${of.owner}` : `${jobVariable}=${of.job}`;
  return endProcesses({ look: () => lookFor(mark), gracefully: false, thoroughly: false });
};

const lookFor = (mark: string): Look => {
  const table = readProcessTable();
  const members = new Map<number, ProcessEntry>();
  let certain = true;
  for (const entry of table) {
    if (entry.pid === process.pid || entry.zombie) continue;
    const found = readEnvironmentMark(entry, mark);
    if (found === 'marked') members.set(entry.pid, entry);
    if (found === 'unknown') certain = false;
  }
  return { alive: [...members.values()], groups: wholeGroups(table, members), certain };
};
