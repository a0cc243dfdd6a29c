import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ArtifactId } from '@yardmaster/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFilesystemArtifactStore } from '../src/index.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'yardmaster-artifacts-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const id = (text: string) => ArtifactId.parse(text);
const open = () => openFilesystemArtifactStore({ root });
type Store = Awaited<ReturnType<typeof open>>;

async function stagedFile(store: Store, text: string) {
  const path = await store.stagingPath();
  await writeFile(path, text);
  return path;
}

async function stagedFolder(store: Store, texts: Readonly<Record<string, string>>) {
  const path = await store.stagingPath();
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(join(path, name, '..'), { recursive: true });
    await writeFile(join(path, name), text);
  }
  return path;
}

const staged = () => readdir(join(root, 'staging'));

async function textOf(store: Store, artifact: string, inside = '') {
  const path = await store.path(id(artifact));
  return path === null ? null : readFile(join(path, inside), 'utf8');
}

describe('the artifact store', () => {
  it('keeps files and folders, and leaves nothing where they were written', async () => {
    const store = await open();
    await store.putFile(id('source-1'), await stagedFile(store, 'zip'));
    await store.putFolder(id('output-1'), await stagedFolder(store, { 'index.html': 'hi', 'assets/a.js': 'js' }));
    const reopened = await open();
    expect(await textOf(reopened, 'source-1')).toBe('zip');
    expect(await textOf(reopened, 'output-1', 'assets/a.js')).toBe('js');
    expect(await staged()).toEqual([]);
    expect(await reopened.path(id('nothing'))).toBeNull();
  });

  it('writes content as it comes, and keeps nothing of what breaks off', async () => {
    const store = await open();
    const breaking = async function* () {
      yield Buffer.from('half');
      throw new Error('The writer broke off.');
    };
    await expect(store.putContent(id('log-1'), breaking())).rejects.toThrow('broke off');
    expect([await textOf(store, 'log-1'), await staged()]).toEqual([null, []]);
    const whole = ReadableStream.from([Buffer.from('ho'), Buffer.from('le')]);
    expect(await store.putContent(id('log-1'), whole)).toEqual({ sizeBytes: 4 });
    expect([await textOf(store, 'log-1'), await staged()]).toEqual(['hole', []]);
  });

  it('replaces nothing when the same id is put again', async () => {
    const store = await open();
    await store.putFile(id('f'), await stagedFile(store, 'first'));
    await store.putFile(id('f'), await stagedFile(store, 'second'));
    await store.putFolder(id('d'), await stagedFolder(store, { a: 'first' }));
    await store.putFolder(id('d'), await stagedFolder(store, { a: 'second' }));
    expect([await textOf(store, 'f'), await textOf(store, 'd', 'a')]).toEqual(['first', 'first']);
    expect(await staged()).toEqual([]);
  });

  it('lets one of several puts at the same time win whole', async () => {
    const store = await open();
    const texts = Array.from({ length: 8 }, (_, index) => `${index}`);
    const files = await Promise.all(texts.map((text) => stagedFile(store, text)));
    const folders = await Promise.all(texts.map((text) => stagedFolder(store, { a: text, b: text })));
    await Promise.all(files.map((path) => store.putFile(id('f'), path)));
    await Promise.all(folders.map((path) => store.putFolder(id('d'), path)));
    expect(texts).toContain(await textOf(store, 'f'));
    expect(await textOf(store, 'd', 'a')).toBe(await textOf(store, 'd', 'b'));
    expect(await staged()).toEqual([]);
  });

  it('lists what it holds with the moment of each put, however old the file is', async () => {
    const store = await open();
    const before = Date.now();
    const path = await stagedFile(store, 'old');
    await utimes(path, new Date(0), new Date(0));
    await store.putFile(id('f'), path);
    await store.putFolder(id('d'), await stagedFolder(store, { a: '' }));
    const listed = await Array.fromAsync(store.list());
    expect(listed.map((each) => each.id).sort()).toEqual(['d', 'f']);
    for (const { putAt } of listed) expect(putAt.getTime()).toBeGreaterThanOrEqual(before - 1_000);
  });

  it('deletes whole, and what is not there without complaint', async () => {
    const store = await open();
    await store.putFolder(id('d'), await stagedFolder(store, { 'a/b': '' }));
    await store.delete(id('d'));
    await store.delete(id('d'));
    expect(await store.path(id('d'))).toBeNull();
    expect(await staged()).toEqual([]);
  });

  it.each(['../secret', '..', '.', '', 'a/b', 'a\\b', '/etc/passwd', 'a\0', 'x'.repeat(65)])(
    'refuses the id %j',
    async (text) => {
      const store = await open();
      const path = await stagedFile(store, 'text');
      // A cast, since this is what a caller that never parsed would do.
      const bad = text as ArtifactId;
      await expect(store.putFile(bad, path)).rejects.toThrow();
      await expect(store.putFolder(bad, path)).rejects.toThrow();
      await expect(store.path(bad)).rejects.toThrow();
      await expect(store.delete(bad)).rejects.toThrow();
      expect(await readFile(path, 'utf8')).toBe('text');
    },
  );

  it('refuses links, which could show what lies outside', async () => {
    const store = await open();
    const folder = await stagedFolder(store, { 'a/b': '' });
    await symlink('/etc/passwd', join(folder, 'a', 'link'));
    const link = await store.stagingPath();
    await symlink('/etc/passwd', link);
    await expect(store.putFolder(id('d'), folder)).rejects.toMatchObject({ code: 'unfit-artifact' });
    await expect(store.putFolder(id('d'), link)).rejects.toMatchObject({ code: 'unfit-artifact' });
    await expect(store.putFile(id('f'), link)).rejects.toMatchObject({ code: 'unfit-artifact' });
    expect(await Array.fromAsync(store.list())).toEqual([]);
  });

  it('takes what lies on another disk', async () => {
    const elsewhere = await mkdtemp('/dev/shm/yardmaster-artifacts-');
    const store = await open();
    await mkdir(join(elsewhere, 'd'));
    await writeFile(join(elsewhere, 'd', 'a'), 'a');
    await writeFile(join(elsewhere, 'f'), 'f');
    await store.putFolder(id('d'), join(elsewhere, 'd'));
    await store.putFile(id('f'), join(elsewhere, 'f'));
    expect([await textOf(store, 'd', 'a'), await textOf(store, 'f')]).toEqual(['a', 'f']);
    expect(await readdir(elsewhere)).toEqual([]);
    await rm(elsewhere, { recursive: true });
  });

  it('clears away what crashed writers left a day ago, and nothing younger', async () => {
    const store = await open();
    const old = await stagedFolder(store, { a: '' });
    const young = await stagedFolder(store, { a: '' });
    const longAgo = new Date(Date.now() - 2 * 86_400_000);
    await utimes(old, longAgo, longAgo);
    await open();
    expect(await staged()).toEqual([young.slice(join(root, 'staging').length + 1)]);
  });

  it('never shows half an artifact, wherever a put is killed', async () => {
    const files = 30;
    const writer = new URL('./put-for-ever.ts', import.meta.url).pathname;
    for (const puts of [1, 2, 5, 9]) {
      const child = spawn(process.execPath, [writer, root, String(files)], { stdio: ['ignore', 'pipe', 'inherit'] });
      let seen = 0;
      for await (const _line of createInterface({ input: child.stdout })) {
        seen += 1;
        if (seen === puts) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const store = await open();
      const artifacts = await Array.fromAsync(store.list());
      expect(artifacts.length).toBeGreaterThanOrEqual(puts);
      for (const artifact of artifacts) {
        const path = await store.path(artifact.id);
        if (path === null) throw new Error('listed, but not there');
        if (artifact.id.startsWith('file')) expect((await readFile(path)).length).toBe(100_000);
        else expect(await readdir(path)).toHaveLength(files);
      }
    }
  });
});
