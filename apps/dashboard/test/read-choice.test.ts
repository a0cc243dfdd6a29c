import { describe, expect, test } from 'vitest';
import { DroppedFolder } from '../src/features/upload/dropped-things.ts';
import { maxFolderFiles, usualLimits, warningAbout } from '../src/features/upload/limits.ts';
import { type Choice, readChoice } from '../src/features/upload/read-choice.ts';
import {
  formOf,
  sizeOf,
  suggestedName,
  type UploadSource,
  unreadableFile,
} from '../src/features/upload/upload-source.ts';

const zipHead = [0x50, 0x4b, 0x03, 0x04];
const gzipHead = [0x1f, 0x8b, 0x08, 0x00];

const archive = (name: string, head: readonly number[] = zipHead): File => new File([new Uint8Array(head)], name);

const options = { signal: new AbortController().signal, found: () => {} };
const read = (...things: readonly File[]): Promise<Choice> => readChoice({ kind: 'things', things }, options);
const readFolder = (...files: readonly File[]): Promise<Choice> => readChoice({ kind: 'folder', files }, options);

/** A file as a folder chooser gives it. */
function fileIn(path: string, content = 'x'): File {
  const file = new File([content], path.split('/').at(-1) ?? path);
  return Object.assign(file, { webkitRelativePath: path });
}

function sourceOf(choice: Choice): UploadSource {
  if (!choice.ok) throw new Error(choice.trouble.message);
  return choice.source;
}

type Tree = { readonly [name: string]: string | Tree };

/** What a browser gives for something dropped; a folder is read two entries at a time. */
function entry(name: string, content: string | Tree, fullPath = `/${name}`): FileSystemEntry {
  const isFile = typeof content === 'string';
  const known = { name, fullPath, isFile, isDirectory: !isFile };
  const parts = isFile
    ? { file: (resolve: (file: File) => void) => resolve(new File([content], name)) }
    : {
        createReader: () =>
          readerOf(Object.entries(content).map(([key, value]) => entry(key, value, `${fullPath}/${key}`))),
      };
  return { ...known, ...parts } as unknown as FileSystemEntry; // the parts of the interface that are used
}

function readerOf(entries: readonly FileSystemEntry[]) {
  const rest = [...entries];
  return { readEntries: (resolve: (part: FileSystemEntry[]) => void) => resolve(rest.splice(0, 2)) };
}

const dropped = (name: string, tree: Tree): DroppedFolder =>
  new DroppedFolder(entry(name, tree) as FileSystemDirectoryEntry);

describe('what is chosen for an upload', () => {
  test.each([
    ['shop.zip', zipHead],
    ['shop.tar.gz', gzipHead],
    ['SHOP.TGZ', gzipHead],
    ['shop.zip', [0x50, 0x4b, 0x05, 0x06]],
  ])('is an archive: %s', async (name, head) => {
    expect(suggestedName(sourceOf(await read(archive(name, head)))).toLowerCase()).toBe('shop');
  });

  test.each([
    ['of another name', archive('shop.rar'), 'not-an-archive'],
    ['of another content', archive('shop.zip', [0x52, 0x61, 0x72, 0x21]), 'not-an-archive'],
    ['too short to be one', archive('shop.zip', [0x50]), 'not-an-archive'],
    ['empty', archive('shop.zip', []), 'archive-empty'],
  ])('is refused when it is %s, with what to do instead', async (_, file, code) => {
    const choice = await read(file);
    expect(choice).toMatchObject({ ok: false, trouble: { code } });
    expect(choice.ok ? null : choice.trouble.hint).toBeTruthy();
  });

  test('is a folder without what the build makes again, which is named', async () => {
    const source = sourceOf(
      await readFolder(
        fileIn('shop/index.html'),
        fileIn('shop/.DS_Store'),
        fileIn('shop/src/node_modules.ts'),
        fileIn('shop/node_modules/react/index.js'),
        fileIn('shop/.git/HEAD'),
      ),
    );
    expect(source).toMatchObject({ kind: 'folder', folderName: 'shop', leftOut: ['.git', 'node_modules'] });
    const form = formOf(source, { name: 'Shop', priority: 7 });
    expect(form.get('paths')).toBe('["shop/index.html","shop/src/node_modules.ts"]');
    expect(form.get('priority')).toBe('7');
    expect(form.getAll('files')).toHaveLength(2);
    expect(sizeOf(source)).toBe(2);
  });

  test('is refused when nothing of the folder is left', async () => {
    expect(await readFolder(fileIn('shop/node_modules/a.js'))).toMatchObject({ ok: false });
    expect(await readFolder()).toMatchObject({ ok: false });
    expect(await read(dropped('shop', { empty: {} }))).toMatchObject({ trouble: { code: 'empty-folder' } });
  });

  test.each([
    [{ 'package.json': '{}' }, true],
    [{ 'index.html': 'page' }, true],
    [{ public: { 'index.html': 'page' } }, true],
    [{ a: { b: { 'index.html': 'page' } } }, false],
    [{ 'readme.md': 'text' }, false],
  ])('is a folder in which the server finds something to build, or refused: %j', async (tree, ok) => {
    expect(await read(dropped('shop', tree))).toMatchObject(ok ? { ok } : { trouble: { code: 'nothing-to-build' } });
  });

  test('is refused when the project lies deeper, and the folder to choose is named', async () => {
    const choice = await read(dropped('work', { shop: { 'package.json': '{}' }, 'notes.txt': 'text' }));
    expect(choice.ok ? null : choice.trouble.hint).toContain('“shop”');
  });

  test('may be dropped as a folder, which is walked to its end without entering what is left out', async () => {
    const folder = dropped('shop', {
      'index.html': 'page',
      'package.json': '{}',
      '.DS_Store': 'desktop',
      src: { 'main.ts': 'code', assets: { 'logo.svg': 'image' }, 'a.ts': '', 'b.ts': '' },
      node_modules: { react: { 'index.js': 'code' } },
    });
    const counts: number[] = [];
    const choice = await readChoice(
      { kind: 'things', things: [folder] },
      { ...options, found: (files) => counts.push(files) },
    );
    const source = sourceOf(choice);
    if (source.kind !== 'folder') throw new Error('a folder was dropped');
    expect(source.files.map(({ path }) => path).sort()).toEqual([
      'shop/index.html',
      'shop/package.json',
      'shop/src/a.ts',
      'shop/src/assets/logo.svg',
      'shop/src/b.ts',
      'shop/src/main.ts',
    ]);
    expect(source.leftOut).toEqual(['node_modules']);
    expect(counts.at(-1)).toBe(6);
  });

  test('is one thing at a time', async () => {
    expect(await read(archive('a.zip'), archive('b.zip'))).toMatchObject({ ok: false });
    expect(await read()).toMatchObject({ ok: false });
  });

  test('is refused when a folder holds more files than a server takes', async () => {
    const one = fileIn('shop/index.html');
    const files = Array.from({ length: maxFolderFiles + 1 }, () => one);
    expect(await readFolder(...files.slice(0, 10))).toMatchObject({ ok: true });
    expect(await readChoice({ kind: 'folder', files }, options)).toMatchObject({ trouble: { code: 'too-many-files' } });
  });

  test('is refused when the browser cannot read it', async () => {
    const unreadable = Object.assign(archive('shop.zip'), {
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('It was moved.')) }),
    });
    expect(await read(unreadable)).toMatchObject({ ok: false, trouble: { hint: 'It was moved.' } });
  });

  test('is no longer read once that was stopped', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    const reading = readChoice(
      { kind: 'things', things: [dropped('shop', { 'index.html': '' })] },
      { ...options, signal: stopped },
    );
    await expect(reading).rejects.toThrow('stopped');
  });
});

describe('before an upload', () => {
  const sized = (name: string, size: number): File =>
    Object.defineProperty(new File([], name), 'size', { value: size });
  const folder = (...files: readonly File[]): UploadSource => ({
    kind: 'folder',
    folderName: 'shop',
    files: files.map((file) => ({ path: `shop/${file.name}`, file })),
    leftOut: [],
  });

  test('sizes that servers usually refuse are warned of', () => {
    const { maxUploadBytes, maxFileBytes } = usualLimits;
    const archiveOf = (size: number): UploadSource => ({ kind: 'archive', file: sized('a.zip', size) });
    expect(warningAbout(archiveOf(maxUploadBytes))).toBeNull();
    expect(warningAbout(archiveOf(maxUploadBytes + 1))).toMatchObject({ code: 'archive-too-large' });
    expect(warningAbout(folder(sized('a.mp4', maxFileBytes)))).toBeNull();
    expect(warningAbout(folder(sized('a.mp4', maxFileBytes + 1)))).toMatchObject({ code: 'file-too-large' });
    expect(
      warningAbout(folder(sized('a', maxFileBytes), sized('b', maxFileBytes), sized('c', maxFileBytes))),
    ).toMatchObject({
      code: 'archive-too-large',
    });
  });

  test('a file that changed since it was chosen is found among many', async () => {
    const unreadable = Object.assign(new File(['x'], 'changed.ts'), {
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('NotReadableError')) }),
    });
    const good = Array.from({ length: 100 }, (_, n) => new File(['x'], `${n}.ts`));
    expect(await unreadableFile(folder(...good, unreadable))).toBe('shop/changed.ts');
    expect(await unreadableFile(folder(...good))).toBeNull();
  });
});
