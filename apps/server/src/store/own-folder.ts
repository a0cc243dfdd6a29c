import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Settings, settingsSchema } from '@yardmaster/protocol/settings';

const firstServerId = settingsSchema.parse({}).serverId;

/**
 * Where one of the servers of a data directory keeps what is its own: its read models and the lines of builds as it has
 * heard them. Made where it is missing. The first server's own folder is the data directory itself; events, artifacts,
 * keys and tokens are there for all of them.
 */
export async function openOwnFolder({ dataDir, serverId }: Pick<Settings, 'dataDir' | 'serverId'>): Promise<string> {
  const folder = serverId === firstServerId ? dataDir : join(dataDir, 'servers', serverId);
  await mkdir(folder, { recursive: true });
  return folder;
}
