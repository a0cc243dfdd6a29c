import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repositoryRoot, type SourceFile, sourceFiles } from './repository.ts';
import { tidyRules } from './tidy-rules.ts';

/** The slowest of them, with every other test running beside it on a small machine. */
const TOOL_TIMEOUT_MS = 300_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** What a tool of node_modules says when it finds fault; the empty string when it finds none. */
function complaintsOf(tool: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const options = { cwd: repositoryRoot, maxBuffer: MAX_OUTPUT_BYTES, env: { ...process.env, NO_COLOR: '1' } };
    execFile(join(repositoryRoot, 'node_modules', '.bin', tool), args, options, (error, stdout, stderr) => {
      resolve(error === null ? '' : `${stdout}${stderr}${error.code ?? error.signal}`);
    });
  });
}

describe('house rules', { timeout: TOOL_TIMEOUT_MS }, () => {
  test('format and lint', async () => {
    expect(await complaintsOf('biome', ['ci', '--colors=off', '--max-diagnostics=50', '.'])).toBe('');
  });

  test('types', async () => {
    expect(await complaintsOf('tsc', ['-p', '.'])).toBe('');
  });

  test.runIf(existsSync(join(repositoryRoot, 'apps/dashboard/tsconfig.json')))('types of the dashboard', async () => {
    expect(await complaintsOf('tsc', ['-p', 'apps/dashboard'])).toBe('');
  });

  test('dependency rules', async () => {
    expect(await complaintsOf('depcruise', ['--config', '.dependency-cruiser.mjs', 'packages', 'apps', 'bench'])).toBe(
      '',
    );
  });
});

describe('tidy', () => {
  const files = sourceFiles();
  test.each(tidyRules)('$wants', ({ broken }) => {
    expect(broken(files)).toEqual([]);
  });
});

describe('a tidy rule finds', () => {
  const word = (...pieces: readonly string[]) => pieces.join('');
  test.each([
    ['source files of', 'packages/x/src/long.ts', 'x\n'.repeat(401)],
    ['names that', 'packages/x/src/utils.ts', ''],
    ['a reason beside', 'packages/x/test/a.test.ts', word('test', ".skip('later', () => {})")],
    ['nothing unfinished', 'docs/a.md', word('TO', 'DO: write this')],
    ['no package registry', 'pnpm-lock.yaml', word('https://registry.npm', 'js.org/zod')],
    ['named exports only', 'packages/x/src/a.ts', word('export', ' default 1')],
    ['logs through', 'apps/server/src/a.ts', word('console', ".log('here')")],
    ['no barrel', 'packages/x/src/b.ts', word('export', " * from './a.ts'")],
    ['relative links', 'docs/a.md', word('[x]', '(./nowhere.md)')],
    ['a reason in docs', 'packages/x/package.json', '{ "dependencies": { "left-pad": "1" } }'],
  ])('what breaks "%s …" in %s', (wants, path, text) => {
    const file: SourceFile = { path, text, lines: text.split('\n') };
    const rule = tidyRules.find((each) => each.wants.startsWith(wants));
    expect(rule?.broken([file])).toHaveLength(1);
  });
});
