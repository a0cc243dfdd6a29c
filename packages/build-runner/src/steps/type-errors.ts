import type { FoundProblem } from './annotations.ts';

/** `src/App.tsx:3:7 - error TS2322: message`, as `tsc --pretty` and `vue-tsc` print it. */
const prettyLine = /^(.+?):(\d+):(\d+) - (error|warning) (TS\d+): (.*)$/;
/** `src/App.tsx(3,7): error TS2322: message`, as they print it otherwise. */
const plainLine = /^(.+?)\((\d+),(\d+)\): (error|warning) (TS\d+): (.*)$/;
/** `error TS5083: Cannot read file`, which belongs to no place. */
const placelessLine = /^(error) (TS\d+): (.*)$/;
/** svelte-check prints the place on one line and the problem on the next. */
const svelteProblem = /^(Error|Warn): (.*)$/;
const sveltePlace = /^(.+?):(\d+):(\d+)$/;

/** Reads the problems out of what `tsc`, `vue-tsc` or `svelte-check` printed, without colours. */
export const parseTypeErrors = (lines: readonly string[]): readonly FoundProblem[] => {
  const problems: FoundProblem[] = [];
  for (const [index, line] of lines.entries()) {
    const problem = parseTscLine(line) ?? parseSvelteLine(line, lines[index - 1] ?? '');
    if (problem !== null) problems.push(withDetails(problem, lines, index));
  }
  return problems;
};

const parseTscLine = (line: string): FoundProblem | null => {
  const [, file = '', row, column, severity, code = null, message = ''] =
    prettyLine.exec(line) ?? plainLine.exec(line) ?? [];
  if (file !== '') {
    const kind = severity === 'warning' ? 'warning' : 'error';
    return { file, line: Number(row), column: Number(column), code, message, severity: kind };
  }
  const placeless = placelessLine.exec(line);
  if (placeless === null) return null;
  const [, , placelessCode = null, text = ''] = placeless;
  return { file: 'tsconfig.json', line: null, column: null, code: placelessCode, message: text, severity: 'error' };
};

const parseSvelteLine = (line: string, before: string): FoundProblem | null => {
  const problem = svelteProblem.exec(line);
  const place = sveltePlace.exec(before);
  if (problem === null || place === null) return null;
  const [, file = '', row, column] = place;
  const [, kind, message = ''] = problem;
  const severity = kind === 'Error' ? 'error' : 'warning';
  return { file, line: Number(row), column: Number(column), code: null, message, severity };
};

/** Longer explanations continue on indented lines below, up to an empty line. */
const withDetails = (problem: FoundProblem, lines: readonly string[], index: number): FoundProblem => {
  const details: string[] = [];
  for (
    let next = index + 1;
    /^ {2,}\S/.test(lines[next] ?? '') && details.length < 10 && problem.code !== null;
    next += 1
  ) {
    details.push(lines[next] ?? '');
  }
  return details.length === 0 ? problem : { ...problem, message: [problem.message, ...details].join('\n') };
};
