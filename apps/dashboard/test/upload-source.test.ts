import { describe, expect, test } from 'vitest';
import {
  type Choice,
  chooseArchive,
  chooseDropped,
  chooseFolder,
  formOf,
  sizeOf,
  suggestedName,
} from '../src/features/upload/upload-source.ts';

/** A file as a folder chooser gives it. */
function fileIn(path: string, content = 'x'): File {
  const file = new File([content], path.split('/').at(-1) ?? path);
  return Object.assign(file, { webkitRelativePath: path });
}

function sourceOf(choice: Choice) {
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

describe('what is chosen for an upload', () => {
  test.each(['shop.zip', 'shop.tar.gz', 'SHOP.TGZ'])('is an archive: %s', (name) => {
    expect(suggestedName(sourceOf(chooseArchive(new File([], name)))).toLowerCase()).toBe('shop');
  });

  test('is refused when it is another kind of file, with what to do instead', () => {
    expect(chooseArchive(new File([], 'shop.rar'))).toMatchObject({ ok: false, trouble: { code: 'not-an-archive' } });
  });

  test('is a folder without what the build makes again, which is named', () => {
    const source = sourceOf(
      chooseFolder([
        fileIn('shop/index.html'),
        fileIn('shop/src/node_modules.ts'),
        fileIn('shop/node_modules/react/index.js'),
        fileIn('shop/.git/HEAD'),
      ]),
    );
    expect(source).toMatchObject({ kind: 'folder', folderName: 'shop', leftOut: ['.git', 'node_modules'] });
    expect(formOf(source, 'Shop').get('paths')).toBe('["shop/index.html","shop/src/node_modules.ts"]');
    expect(formOf(source, 'Shop').getAll('files')).toHaveLength(2);
    expect(sizeOf(source)).toBe(2);
  });

  test('is refused when nothing of the folder is left', () => {
    expect(chooseFolder([fileIn('shop/node_modules/a.js')])).toMatchObject({ ok: false });
    expect(chooseFolder([])).toMatchObject({ ok: false });
  });

  test('may be dropped as a folder, which is walked to its end without entering what is left out', async () => {
    const dropped = entry('shop', {
      'index.html': 'page',
      'package.json': '{}',
      src: { 'main.ts': 'code', assets: { 'logo.svg': 'image' }, 'a.ts': '', 'b.ts': '' },
      node_modules: { react: { 'index.js': 'code' } },
    });
    const source = sourceOf(await chooseDropped([dropped]));
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
  });

  test('may be dropped as an archive, one at a time', async () => {
    expect(await chooseDropped([entry('shop.zip', 'zip')])).toMatchObject({ ok: true });
    expect(await chooseDropped([entry('a.zip', 'zip'), entry('b.zip', 'zip')])).toMatchObject({ ok: false });
    expect(await chooseDropped([])).toMatchObject({ ok: false });
  });

  test('is refused when the browser cannot read it', async () => {
    const unreadable = {
      ...entry('shop.zip', 'zip'),
      file: (_: unknown, reject: (error: Error) => void) => reject(new Error('It was moved.')),
    };
    expect(await chooseDropped([unreadable])).toMatchObject({ ok: false, trouble: { hint: 'It was moved.' } });
  });
});
