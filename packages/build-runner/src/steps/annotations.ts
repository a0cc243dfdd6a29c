import { readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { type Annotation, maxAnnotations } from '@yardmaster/domain';

/** A problem as a tool printed it; the excerpt is read from the source afterwards. */
export interface FoundProblem {
  readonly file: string;
  readonly line: number | null;
  readonly column: number | null;
  readonly code: string | null;
  readonly message: string;
  readonly severity: 'error' | 'warning';
}

/** Lines shown before and after the one that an annotation points to. */
const contextLines = 2;
const largestSourceBytes = 1024 * 1024;
const longestExcerptLine = 200;

/**
 * Turns problems into annotations: paths relative to the project, duplicates removed, errors first, at most
 * `maxAnnotations`, each with the source lines around it where the file can be read.
 */
export const annotate = async (
  problems: readonly FoundProblem[],
  directory: string,
): Promise<readonly Annotation[]> => {
  const unique = new Map(problems.map((problem) => [JSON.stringify(problem), problem]));
  const ordered = [...unique.values()].toSorted((a, b) => severityRank[a.severity] - severityRank[b.severity]);
  const annotations: Annotation[] = [];
  for (const problem of ordered.slice(0, maxAnnotations)) {
    const file = insideProject(problem.file, directory);
    annotations.push({
      file: file.slice(0, 1_024),
      line: positiveOrNull(problem.line),
      column: positiveOrNull(problem.column),
      code: problem.code?.slice(0, 64) ?? null,
      message: problem.message.slice(0, 2_000),
      excerpt: problem.line === null ? null : await readExcerpt({ directory, file, line: problem.line }),
      severity: problem.severity,
    });
  }
  return annotations;
};

const severityRank = { error: 0, warning: 1 } as const;

const positiveOrNull = (value: number | null): number | null => (value !== null && value > 0 ? value : null);

const insideProject = (file: string, directory: string): string => {
  const plain = file.replace(/\?.*$/, '').replace(/^\.\//, '');
  return isAbsolute(plain) ? relative(directory, plain) : plain;
};

/** What a tool prints is not trusted: only files of the project are shown, also where a link leads elsewhere. */
const readExcerpt = async ({
  directory,
  file,
  line,
}: {
  readonly directory: string;
  readonly file: string;
  readonly line: number;
}): Promise<string | null> => {
  const root = await realpath(directory);
  const source = await realpath(join(root, file)).catch(() => null);
  if (source === null || !source.startsWith(root + sep)) return null;
  const info = await stat(source);
  if (!info.isFile() || info.size > largestSourceBytes) return null;
  const lines = (await readFile(source, 'utf8')).split(/\r?\n/);
  if (line > lines.length) return null;
  const from = Math.max(1, line - contextLines);
  const to = Math.min(lines.length, line + contextLines);
  const width = String(to).length;
  const shown: string[] = [];
  for (let number = from; number <= to; number += 1) {
    const mark = number === line ? '>' : ' ';
    shown.push(`${mark} ${String(number).padStart(width)} | ${(lines[number - 1] ?? '').slice(0, longestExcerptLine)}`);
  }
  return shown.join('\n').slice(0, 2_000);
};
