import { randomUUID } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { CommandError } from '../command.ts';

/** The root of the repository, where the programs are. */
export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));

/** The lock of a data directory: whoever runs on it or writes to it holds it. */
export const lockFileIn = (root: string): string => join(root, 'up.lock');

/** The places inside a data directory that the supervisor knows of. The rest belongs to the server and the workers. */
export type DataFolder = {
  readonly root: string;
  readonly lockFile: string;
  /** One file per running child, so that the next start finds what a crash left behind. */
  readonly run: string;
  readonly logs: string;
  readonly nats: string;
  /** An API token of the first admin, written by the server. */
  readonly adminTokenFile: string;
  /** Where the running servers listen, one URL per line, the first one's first; for commands, and for a second start. */
  readonly serverUrlFile: string;
  /** Names this data directory in the environment of every build process. Stays the same over restarts. */
  readonly instanceId: string;
};

/**
 * Makes the data directory where it is missing, and readable by its owner only even where it is there. Throws CommandError where that cannot be:
 * its place is a file, may not be written to, or is on a full disk.
 */
export function openDataFolder(dataDir: string): DataFolder {
  const root = resolve(repositoryRoot, dataDir);
  const inside = (name: string) => join(root, name);
  try {
    for (const folder of [root, inside('run'), inside('logs'), inside('nats')]) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
    chmodSync(root, 0o700);
    makeInstanceId(inside('instance-id'));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the data directory ${root} cannot be used: ${why}. YARDMASTER_DATA_DIR names another.`);
  }
  return {
    root,
    lockFile: lockFileIn(root),
    run: inside('run'),
    logs: inside('logs'),
    nats: inside('nats'),
    adminTokenFile: inside('admin-token'),
    serverUrlFile: inside('server-url'),
    instanceId: readInstanceId(inside('instance-id')),
  };
}

/** Of two starts at one moment the first makes it. Linked when it is written, so a full disk leaves no empty one. */
function makeInstanceId(file: string): void {
  if (existsSync(file)) return;
  const written = `${file}.${process.pid}`;
  try {
    writeFileSync(written, randomUUID(), { mode: 0o600 });
    linkSync(written, file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  } finally {
    rmSync(written, { force: true });
  }
}

function readInstanceId(file: string): string {
  const id = z.uuid().safeParse(readFileSync(file, 'utf8').trim());
  if (id.success) return id.data;
  throw new CommandError(`${file} is damaged. Delete it and start again; nothing but running builds knows it.`);
}
