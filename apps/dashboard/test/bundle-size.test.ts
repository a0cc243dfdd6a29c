import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const maxInitialBytes = 250_000;
const buildTimeoutMs = 240_000;
const dashboard = join(import.meta.dirname, '..');

const Manifest = z.record(
  z.string(),
  z.object({ file: z.string(), isEntry: z.boolean().optional(), imports: z.array(z.string()).optional() }),
);
type Manifest = z.infer<typeof Manifest>;

let folder: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const vite = join(dirname(createRequire(import.meta.url).resolve('vite/package.json')), 'bin', 'vite.js');
  // In a process of its own: in that of a test libraries would be bundled as for a test.
  await promisify(execFile)(
    process.execPath,
    [vite, 'build', '--manifest', '--outDir', folder, '--logLevel', 'error'],
    {
      cwd: dashboard,
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, '.vite', 'manifest.json'), 'utf8')));
}, buildTimeoutMs);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The entry and whatever it imports statically: what has to be there before the first page can be shown. */
function initialChunks(): ReadonlySet<string> {
  const chunks = new Set<string>();
  const add = (name: string): void => {
    if (chunks.has(name)) return;
    chunks.add(name);
    for (const imported of manifest[name]?.imports ?? []) add(imported);
  };
  for (const [name, { isEntry }] of Object.entries(manifest)) if (isEntry === true) add(name);
  return chunks;
}

const fileOf = (name: string) => join(folder, manifest[name]?.file ?? '');

describe('the built dashboard', () => {
  test('needs at most 250 kB of JavaScript, compressed, before its lazy parts', () => {
    const sizes = [...initialChunks()].map((name) => gzipSync(readFileSync(fileOf(name))).length);
    expect(sizes.length).toBeGreaterThan(0);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(maxInitialBytes);
  });

  test.each([
    'src/app/pages/builds-page.tsx',
    'src/app/pages/build-page.tsx',
    'src/app/pages/dead-letters-page.tsx',
    'src/app/commands.tsx',
    'src/app/preferences-dialog.tsx',
    'src/app/shortcuts/shortcut-sheet.tsx',
  ])('loads %s when it is needed', (name) => {
    expect(Object.keys(manifest)).toContain(name);
    expect(initialChunks()).not.toContain(name);
  });

  test('asks for its font beforehand by the name that the styles use', () => {
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    const font = /rel="preload"[^>]*href="\/([^"]+\.woff2)"|href="\/([^"]+\.woff2)"[^>]*rel="preload"/.exec(page);
    const styles = /href="\/([^"]+\.css)"/.exec(page)?.[1] ?? '';
    const name = (font?.[1] ?? font?.[2] ?? '').split('/').at(-1);
    expect(name).toMatch(/^inter-latin-wght-normal/);
    expect(readFileSync(join(folder, styles), 'utf8')).toContain(name);
  });
});
