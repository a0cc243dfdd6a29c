import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactId } from '@yardmaster/domain';
import { openFilesystemArtifactStore } from '../src/filesystem-artifact-store.ts';

// Puts files and folders until it is killed, with a line of output for every put that resolved.
const [root = '', files = '1'] = process.argv.slice(2);
const store = await openFilesystemArtifactStore({ root });
for (;;) {
  const file = await store.stagingPath();
  await writeFile(file, Buffer.alloc(100_000));
  await store.putFile(ArtifactId.parse(`file-${randomUUID()}`), file);
  process.stdout.write('file\n');
  const folder = await store.stagingPath();
  await mkdir(folder);
  for (let index = 0; index < Number(files); index += 1) await writeFile(join(folder, `${index}`), 'text');
  await store.putFolder(ArtifactId.parse(`folder-${randomUUID()}`), folder);
  process.stdout.write('folder\n');
}
