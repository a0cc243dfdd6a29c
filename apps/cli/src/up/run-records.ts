import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { processIdentity } from '../../bin/bootstrap/process-identity.mjs';

const runRecordSchema = z.object({ name: z.string(), pid: z.int().positive(), identity: z.string() });

/** Remembers on disk that a child runs; the returned function forgets it. */
export function recordRun(folder: string, child: { readonly name: string; readonly pid: number }): () => void {
  const file = join(folder, `${child.name}.json`);
  const identity = processIdentity(child.pid);
  if (identity === null) return () => {}; // ended before it could be recorded
  writeFileSync(file, JSON.stringify({ ...child, identity }), { mode: 0o600 });
  return () => rmSync(file, { force: true });
}

/**
 * Kills (SIGKILL, whole process groups) the children that an earlier start left running because it was itself killed,
 * and returns their names. A pid that means another process by now is left alone.
 */
export function killLeftovers(folder: string): readonly string[] {
  const killed: string[] = [];
  for (const entry of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const record = readRecord(join(folder, entry));
    if (record !== null && processIdentity(record.pid) === record.identity) {
      killGroup(record.pid);
      killed.push(`${record.name} (process ${record.pid})`);
    }
    rmSync(join(folder, entry), { force: true });
  }
  return killed;
}

/** Kills what is left of a child's process group; no error when nothing is. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))) throw error;
  }
}

function readRecord(file: string): z.output<typeof runRecordSchema> | null {
  try {
    return runRecordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null; // cut off by the crash that left it: without a pid there is nothing to do
  }
}
