import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Settings, settingsSchema } from '@yardmaster/protocol/settings';

const firstServerId = settingsSchema.parse({}).serverId;

/**
 * Where one of the servers of a data directory keeps what is its own: its read models and the lines of builds as it has
 * heard them. The first server's own folder is the data directory itself; events, artifacts, keys and tokens are there for
 * all of them.
 */
export interface OwnFolder {
  readonly path: string;
  /** It was made just now: what is missing in it was never there. */
  readonly isNew: boolean;
}

/** Makes it where it is missing. */
export async function openOwnFolder({ dataDir, serverId }: Pick<Settings, 'dataDir' | 'serverId'>): Promise<OwnFolder> {
  const path = serverId === firstServerId ? dataDir : join(dataDir, 'servers', serverId);
  const isNew = (await mkdir(path, { recursive: true })) !== undefined;
  return { path, isNew };
}
