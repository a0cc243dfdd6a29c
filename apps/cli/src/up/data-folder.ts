import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** The root of the repository, where the programs are. */
export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));

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
  /** Where the running product listens; for commands, and for whoever tries to start a second one. */
  readonly serverUrlFile: string;
  /** Names this data directory in the environment of every build process. Stays the same over restarts. */
  readonly instanceId: string;
};

/** Makes the data directory where it is missing, readable by its owner only. */
export function openDataFolder(dataDir: string): DataFolder {
  const root = resolve(repositoryRoot, dataDir);
  const inside = (name: string) => join(root, name);
  for (const folder of [root, inside('run'), inside('logs'), inside('nats')]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  return {
    root,
    lockFile: inside('up.lock'),
    run: inside('run'),
    logs: inside('logs'),
    nats: inside('nats'),
    adminTokenFile: inside('admin-token'),
    serverUrlFile: inside('server-url'),
    instanceId: instanceIdOf(inside('instance-id')),
  };
}

function instanceIdOf(file: string): string {
  try {
    writeFileSync(file, randomUUID(), { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return z.uuid().parse(readFileSync(file, 'utf8').trim());
}
