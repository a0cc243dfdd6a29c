import { randomBytes } from 'node:crypto';
import { cp, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { listFiles } from '@yardmaster/build-runner';
import { ZipFile } from 'yazl';
import { repositoryRoot } from './repository.ts';

const template = join(repositoryRoot, 'node_modules/create-vite/template-react-ts');

/** The project that `npm create vite -- --template react-ts` makes. */
export async function writeReactProject(folder: string): Promise<string> {
  await cp(template, folder, { recursive: true });
  await rename(join(folder, '_gitignore'), join(folder, '.gitignore'));
  return folder;
}

const sourceFiles = 400;
const linesPerSource = 60;
const assetFiles = 40;
const assetBytes = 120_000;

/** The same with hundreds of components that compress well and dozens of pictures that do not: about 5 MB as a zip. */
export async function writeLargeReactProject(folder: string): Promise<string> {
  await writeReactProject(folder);
  const [components, pictures] = [join(folder, 'src/components'), join(folder, 'public/pictures')];
  await mkdir(components, { recursive: true });
  await mkdir(pictures, { recursive: true });
  for (let n = 0; n < sourceFiles; n++) {
    const lines = Array.from({ length: linesPerSource }, (_, line) => `export const text${line} = 'Component ${n}';`);
    await writeFile(join(components, `component-${n}.ts`), lines.join('\n'));
  }
  for (let n = 0; n < assetFiles; n++) await writeFile(join(pictures, `picture-${n}.jpg`), randomBytes(assetBytes));
  return folder;
}

/** A page without package.json: served as it is, so that a build costs little beside its events. */
export async function writePlainPage(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Plain</title><h1>Plain</h1>');
  return folder;
}

export async function zipFolder(folder: string): Promise<Buffer> {
  const zip = new ZipFile();
  for (const { path, source } of (await listFiles(folder)).files) zip.addFile(source, path);
  zip.end();
  return buffer(zip.outputStream);
}
