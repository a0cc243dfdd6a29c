import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Annotation, maxAnnotations } from '@yardmaster/domain';
import { describe, expect, it } from 'vitest';
import { annotate, type FoundProblem } from '../../src/steps/annotations.ts';
import { parseBuildErrors } from '../../src/steps/build-errors.ts';
import { parseTypeErrors } from '../../src/steps/type-errors.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const readRecording = async (name: string): Promise<readonly string[]> => {
  const text = await readFile(join(import.meta.dirname, '../fixtures/build-output', `${name}.txt`), 'utf8');
  return stripVTControlCharacters(text).split('\n');
};

describe('type errors are read', () => {
  it.each([
    ['tsc', { file: 'src/App.tsx', line: 1, column: 7, code: 'TS2322', severity: 'error' }, 4],
    ['vue-tsc', { file: 'src/App.vue', line: 2, column: 7, code: 'TS2322', severity: 'error' }, 2],
    ['svelte-check', { file: '/project/src/App.svelte', line: 2, column: 9, code: null, severity: 'error' }, 3],
  ])('from %s', async (recording, expected, count) => {
    const problems = parseTypeErrors(await readRecording(recording));
    expect(problems).toHaveLength(count);
    const message = "Type 'string' is not assignable to type 'number'.";
    expect(problems).toContainEqual(
      expect.objectContaining({ ...expected, message: expect.stringContaining(message) }),
    );
  });

  it('from tsc without colours, with explanations that go on below', () => {
    const [problem] = parseTypeErrors([
      "src/a.ts(3,7): error TS2322: Type 'A' is not assignable to type 'B'.",
      "  Property 'x' is missing.",
    ]);
    expect(problem).toMatchObject({ file: 'src/a.ts', line: 3, column: 7 });
    expect(problem?.message).toMatch(/assignable[\s\S]*missing/);
  });

  it('from tsc when it finds no place', () => {
    expect(parseTypeErrors(["error TS5083: Cannot read file 'x'."])).toMatchObject([
      { file: 'tsconfig.json', line: null },
    ]);
  });
});

describe('build errors are read', () => {
  it.each([
    [
      'vite-unresolved',
      { file: 'src/App.tsx', line: 3, column: 25, message: "Could not resolve './nowhere' in src/App.tsx" },
    ],
    ['vite-syntax', { file: 'src/App.tsx', line: 123, column: 18, message: 'Unexpected token' }],
    ['vite-css', { file: '/project/src/index.css', line: 112, column: 20, message: 'Unclosed block' }],
    ['vite-vue', { file: '/project/src/App.vue', line: 1, column: 11, message: 'Element is missing end tag.' }],
    ['vite-svelte', { file: '/project/src/App.svelte', line: 1, column: 9, message: 'Expected whitespace' }],
  ])('from %s', async (recording, expected) => {
    expect(parseBuildErrors(await readRecording(recording))).toMatchObject([expected]);
  });

  it.each(['vite-noindex', 'vite-config'])('and none is made up for %s, which has no place', async (recording) => {
    expect(parseBuildErrors(await readRecording(recording))).toEqual([]);
  });

  it('from esbuild and from Vite 5', () => {
    const lines = [
      '✘ [ERROR] Could not resolve "./x"',
      '',
      '    src/main.ts:3:7:',
      'error during build:',
      '[vite:esbuild] Transform failed with 1 error:',
      'file: /project/src/b.ts:2:4',
    ];
    expect(parseBuildErrors(lines)).toMatchObject([
      { file: 'src/main.ts', line: 3, column: 7, message: 'Could not resolve "./x"' },
      { file: '/project/src/b.ts', line: 2, column: 4, message: 'Transform failed with 1 error:' },
    ]);
  });
});

describe('annotations', () => {
  const problem: FoundProblem = { file: 'src/a.ts', line: 3, column: 1, code: null, message: 'm', severity: 'error' };

  it('carry the source around the line and a path inside the project', async () => {
    const project = await temporaryFolder();
    await mkdir(join(project, 'src'));
    await writeFile(join(project, 'src/a.ts'), 'one\ntwo\nthree\nfour\nfive\nsix\n');
    const [annotation] = await annotate([{ ...problem, file: join(project, 'src/a.ts') }], project);
    expect(annotation).toMatchObject({
      file: 'src/a.ts',
      excerpt: '  1 | one\n  2 | two\n> 3 | three\n  4 | four\n  5 | five',
    });
  });

  it('put errors first, drop doubles, and fit what an event may hold', async () => {
    const warnings = Array.from({ length: 80 }, (_, index) => ({
      ...problem,
      line: index + 1,
      severity: 'warning' as const,
    }));
    const long = { ...problem, file: 'f'.repeat(3_000), message: 'x'.repeat(9_000), code: 'c'.repeat(100), column: 0 };
    const annotations = await annotate([...warnings, problem, problem, long], await temporaryFolder());
    expect(annotations).toHaveLength(maxAnnotations);
    expect(annotations.filter(({ severity }) => severity === 'error')).toHaveLength(2);
    expect(annotations[0]?.severity).toBe('error');
    for (const annotation of annotations) expect(Annotation.safeParse(annotation).success).toBe(true);
  });

  it('never show files from outside the project', async () => {
    const [annotation] = await annotate([{ ...problem, file: '/etc/passwd', line: 1 }], await temporaryFolder());
    expect(annotation?.excerpt).toBeNull();
  });
});
