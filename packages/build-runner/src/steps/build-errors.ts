import type { FoundProblem } from './annotations.ts';

/** `╭─[ src/main.tsx:3:25 ]`, below the message: Rolldown and Oxc. */
const framePlace = /^\s*╭─\[ ?(.+?):(\d+):(\d+) ?\]/;
/** `[UNRESOLVED_IMPORT] Could not resolve './nowhere' in src/App.tsx` */
const rolldownMessage = /^(?:Error: )?\[([\w:-]+)\] (.+)$/;
/** `[plugin vite:vue] /project/src/App.vue:1:11`, with the message on the next line. */
const pluginPlace = /^\[plugin ([^\]]+)\] (.+?)(?::(\d+):(\d+))?$/;
/** `[vite:esbuild] … ` of Vite 5 to 7 puts `file: /project/src/x.ts:1:2` below the message. */
const filePlace = /^file: (.+?):(\d+):(\d+)$/;
/** esbuild: `✘ [ERROR] message`, then an indented `src/x.ts:1:2:`. */
const esbuildMessage = /^(?:✘|X) \[(ERROR|WARNING)\] (.+)$/;
const esbuildPlace = /^\s{4}(\S.*?):(\d+):(\d+):$/;

const placeWithin = 4;

/** Reads the errors out of what Vite, Rolldown, Rollup, esbuild or PostCSS printed, without colours. */
export const parseBuildErrors = (lines: readonly string[]): readonly FoundProblem[] => {
  const problems: FoundProblem[] = [];
  for (const [index, line] of lines.entries()) {
    const problem =
      parseRolldown(line, lines, index) ??
      parsePlugin(line, lines, index) ??
      parseFile(line, lines, index) ??
      parseEsbuild(line, lines, index);
    if (problem !== null) problems.push(problem);
  }
  return problems;
};

type Parser = (line: string, lines: readonly string[], index: number) => FoundProblem | null;

const parseRolldown: Parser = (line, lines, index) => {
  const found = rolldownMessage.exec(line);
  if (found === null || line.startsWith('[plugin ')) return null;
  const [, code = null, message = ''] = found;
  const place = lines
    .slice(index + 1, index + 1 + placeWithin)
    .map((next) => framePlace.exec(next))
    .find((next) => next !== null);
  if (place === undefined || place === null) return null;
  return problem({ place, code, message });
};

const parsePlugin: Parser = (line, lines, index) => {
  const found = pluginPlace.exec(line);
  if (found === null) return null;
  const [, plugin = null, file = '', row, column] = found;
  const words = lines.slice(index + 1, index + 1 + placeWithin).find((next) => next.trim() !== '') ?? '';
  // The tools repeat their own name and the place in front of the message.
  const message = words.replace(/^(?:\w*Error: )+/, '').replace(/^(?:\[\w+\] )?\S+:\d+:\d+:? /, '');
  if (message === '') return null;
  return { file, line: numberOrNull(row), column: numberOrNull(column), code: plugin, message, severity: 'error' };
};

const parseFile: Parser = (line, lines, index) => {
  const place = filePlace.exec(line);
  if (place === null) return null;
  const before = lines
    .slice(Math.max(0, index - 6), index)
    .findLast((previous) => /^(?:error during build:|\[|\w*Error:)/.test(previous));
  if (before === undefined) return null;
  const message = before.replace(/^error during build:\s*/, '').replace(/^(?:\w*Error: )?(?:\[[^\]]+\] )?/, '');
  return message === '' ? null : problem({ place, code: null, message });
};

const parseEsbuild: Parser = (line, lines, index) => {
  const found = esbuildMessage.exec(line);
  if (found === null) return null;
  const [, severity, message = ''] = found;
  const place = lines
    .slice(index + 1, index + 1 + placeWithin)
    .map((next) => esbuildPlace.exec(next))
    .find((next) => next !== null);
  if (place === undefined || place === null) return null;
  return { ...problem({ place, code: null, message }), severity: severity === 'ERROR' ? 'error' : 'warning' };
};

const problem = ({
  place,
  code,
  message,
}: {
  readonly place: RegExpExecArray;
  readonly code: string | null;
  readonly message: string;
}): FoundProblem => {
  const [, file = '', row, column] = place;
  return { file, line: numberOrNull(row), column: numberOrNull(column), code, message, severity: 'error' };
};

const numberOrNull = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
