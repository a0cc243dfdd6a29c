import { existsSync } from 'node:fs';
import { basename, dirname, join, posix } from 'node:path';
import { repositoryRoot, type SourceFile } from './repository.ts';

/** A house rule: what it wants, and every place that breaks it, as `path: reason` or `path:line: reason`. */
export type TidyRule = {
  readonly wants: string;
  readonly broken: (files: readonly SourceFile[]) => readonly string[];
};

const MAX_SOURCE_LINES = 400;
const MAX_TEST_LINES = 500;

const BANNED_NAMES = /^(utils?|helpers?|common|manager|misc)(\.|$)/;

/** Built from pieces, so that this file does not break its own rules. */
const UNFINISHED = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
const REGISTRY_HOSTS: readonly string[] = [
  ['registry', 'npmjs', 'org'].join('.'),
  ['registry', 'yarnpkg', 'com'].join('.'),
  ...hostOf(process.env.npm_config_registry),
];

export const tidyRules: readonly TidyRule[] = [
  {
    wants: `source files of at most ${MAX_SOURCE_LINES} lines, tests of at most ${MAX_TEST_LINES}`,
    broken: (files) =>
      code(files).flatMap(({ path, lines }) => {
        const limit = isTest(path) ? MAX_TEST_LINES : MAX_SOURCE_LINES;
        return lines.length - 1 > limit ? [`${path}: ${lines.length - 1} lines, at most ${limit}`] : [];
      }),
  },
  {
    wants: 'names that say what is inside',
    broken: (files) =>
      files.filter(({ path }) => path.split('/').some((part) => BANNED_NAMES.test(part))).map(({ path }) => path),
  },
  {
    wants: 'a reason beside every test that is skipped or runs alone',
    broken: (files) =>
      linesOf(code(files), ({ line, before }) => {
        const isMarked = /\b(it|test|describe|suite)\.(skip|only|todo)\b/.test(line);
        return isMarked && !/\/[/*]|\(skipped: /.test(line) && !/^\s*(\/[/*]|\*)/.test(before)
          ? 'no comment gives the reason'
          : null;
      }),
  },
  {
    wants: 'nothing unfinished',
    broken: (files) => linesOf(files, ({ line }) => (UNFINISHED.test(line) ? 'unfinished' : null)),
  },
  {
    wants: 'no package registry by name',
    broken: (files) => linesOf(files, ({ line }) => REGISTRY_HOSTS.find((host) => line.includes(host)) ?? null),
  },
  {
    wants: 'named exports only, but for configuration files and pages of the dashboard',
    broken: (files) =>
      linesOf(
        code(files).filter(
          ({ path }) =>
            !/(\.config\.ts|^\.dependency-cruiser\.mjs)$|^apps\/dashboard\/src\/(pages|routes)\//.test(path),
        ),
        ({ line }) => (/^export (default\b|\{[^}]*\bas default\b)/.test(line) ? 'default export' : null),
      ),
  },
  {
    wants: 'logs through the logger; only the command line, the bench and tests write to the console',
    broken: (files) =>
      linesOf(
        code(files).filter(({ path }) => !/^(apps\/cli|bench)\//.test(path) && !isTest(path)),
        ({ line }) => (/\bconsole\.\w+\(/.test(line) && !/^\s*(\/\/|\*)/.test(line) ? 'console' : null),
      ),
  },
  {
    wants: 'no barrel but the entries of packages',
    broken: (files) => {
      const entries = packageEntries(files);
      return linesOf(
        code(files).filter(({ path }) => !entries.has(path)),
        ({ line }) => (/^export (type )?\*/.test(line) ? 're-exports a whole module' : null),
      );
    },
  },
  {
    wants: 'relative links in documents that lead somewhere',
    broken: (files) => files.filter(isDocument).flatMap(deadLinks),
  },
  { wants: 'a reason in docs/decisions for every dependency', broken: unexplainedDependencies },
];

function code(files: readonly SourceFile[]): readonly SourceFile[] {
  return files.filter(({ path }) => /\.(ts|tsx|mjs)$/.test(path));
}

function isTest(path: string): boolean {
  return /(^|\/)(test|testing|e2e)\//.test(path);
}

function isDocument({ path }: SourceFile): boolean {
  return path.endsWith('.md');
}

function linesOf(
  files: readonly SourceFile[],
  reasonAgainst: (at: { readonly line: string; readonly before: string }) => string | null,
): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => {
      const reason = reasonAgainst({ line, before: lines[index - 1] ?? '' });
      return reason === null ? [] : [`${path}:${index + 1}: ${reason}`];
    }),
  );
}

function manifests(files: readonly SourceFile[]) {
  return files
    .filter(({ path }) => /^((packages|apps)\/[^/]+\/|bench\/)?package\.json$/.test(path))
    .map(({ path, text }) => ({
      folder: dirname(path),
      manifest: JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, string>> | undefined>>, // our own
    }));
}

function packageEntries(files: readonly SourceFile[]): ReadonlySet<string> {
  return new Set(
    manifests(files).flatMap(({ folder, manifest }) =>
      Object.values(manifest.exports ?? {}).map((target) => posix.join(folder, target)),
    ),
  );
}

function unexplainedDependencies(files: readonly SourceFile[]): readonly string[] {
  const decisions = files.filter(({ path }) => path.startsWith('docs/decisions/')).map(({ text }) => text);
  return manifests(files).flatMap(({ folder, manifest }) =>
    Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
      // Types come with the package that they describe.
      .filter((name) => !/^@(yardmaster|types)\//.test(name))
      .filter((name) => !decisions.some((text) => text.includes(`\`${name}\``)))
      .map((name) => `${posix.join(folder, 'package.json')}: \`${name}\` is named in no decision`),
  );
}

function deadLinks({ path, text }: SourceFile): readonly string[] {
  const withoutCode = text.replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '');
  return [...withoutCode.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map((match) => match[1] ?? '')
    .filter((target) => !/^([a-z][a-z0-9+.-]*:|#)/i.test(target))
    .filter((target) => !existsSync(join(repositoryRoot, dirname(path), decodeURI(target.split('#')[0] ?? ''))))
    .map((target) => `${path}: ${basename(target)} is not at ${target}`);
}

function hostOf(url: string | undefined): readonly string[] {
  return url !== undefined && URL.canParse(url) ? [new URL(url).host] : [];
}
