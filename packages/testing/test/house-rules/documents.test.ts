import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { healthProblemCodes } from '@yardmaster/protocol';
import { settingFacts, settingsSchema } from '@yardmaster/protocol/settings';
import { expect, test } from 'vitest';
import cruiser from '../../../../.dependency-cruiser.mjs';
import { repositoryRoot } from './repository.ts';

const textOf = (document: string) => readFileSync(join(repositoryRoot, document), 'utf8');

/** The rows of every Markdown table below a heading, up to the next one; each a list of trimmed cells. */
function tableBelow(heading: string, document: string): readonly (readonly string[])[] {
  const [, below = ''] = textOf(document).split(`\n${heading}\n`);
  const [section = ''] = below.split(/\n#+ /, 1);
  return section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^[|\s-]+$/.test(line))
    .slice(1)
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}

test('the README lists every setting that people may set, with its default', () => {
  const defaults: Readonly<Record<string, unknown>> = settingsSchema.parse({});
  const wanted = Object.entries(settingFacts)
    .filter(([, { internal }]) => !internal)
    .map(([key, { env, description }]) => {
      const value = defaults[key] === undefined ? '' : `\`${defaults[key]}\``;
      return [`\`${env}\``, value, description.replaceAll('<', '\\<')];
    });
  expect(tableBelow('## Settings', 'README.md')).toEqual(wanted);
});

test('ARCHITECTURE.md gives the dependency law as dependency-cruiser checks it', () => {
  const wanted = cruiser.forbidden.flatMap(({ from, to }) => {
    if (!('pathNot' in to && Array.isArray(to.pathNot) && 'path' in from && typeof from.path === 'string')) return [];
    const [own, ...allowed] = to.pathNot.map((path: string) => path.replace(/^\^|\/$/g, ''));
    return [[own, allowed.join(', ') || 'nothing']];
  });
  expect(wanted.length).toBeGreaterThan(5);
  expect(tableBelow('## Who may import what', 'ARCHITECTURE.md')).toEqual(wanted);
});

test('ARCHITECTURE.md names only files that exist', () => {
  const named = [...textOf('ARCHITECTURE.md').matchAll(/`((?:packages|apps|bench)\/[\w./-]+)`/g)].map(
    ([, path = '']) => path,
  );
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
});

test('links from document to document lead somewhere', () => {
  const documents = [
    ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'],
    ...['docs/guide', 'docs/decisions'].flatMap((folder) =>
      readdirSync(join(repositoryRoot, folder), { recursive: true })
        .map((name) => join(folder, String(name)))
        .filter((name) => name.endsWith('.md')),
    ),
  ];
  const links = documents.flatMap((document) =>
    [...textOf(document).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => ({ document, link })),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(({ document, link }) => !existsSync(join(repositoryRoot, dirname(document), link)))).toEqual([]);
});

test('the guide to failures has every problem that is told, each once', () => {
  const codes = tableBelow('## What is told', 'docs/guide/failures.md').flatMap(([cell = '']) =>
    [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code),
  );
  expect(codes.toSorted()).toEqual(healthProblemCodes.toSorted());
});
