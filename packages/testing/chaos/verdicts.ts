/** What has to be true at the end, whether it is, and why not. */
export interface Verdict {
  readonly name: string;
  readonly holds: boolean;
  /** Figures in a few words. */
  readonly detail: string;
  readonly examples: readonly string[];
  /** A figure to look at that decides nothing. */
  readonly informational: boolean;
}

const MAX_EXAMPLES = 12;

/** Holds when there is nothing wrong. */
export const unless = (name: string, wrong: readonly string[], detail: string): Verdict => ({
  name,
  holds: wrong.length === 0,
  detail: wrong.length === 0 ? detail : `${wrong.length} wrong; ${detail}`,
  examples: wrong.slice(0, MAX_EXAMPLES),
  informational: false,
});

export const holdsIf = (holds: boolean, name: string, detail: string, examples: readonly string[] = []): Verdict => ({
  name,
  holds,
  detail,
  examples: holds ? [] : examples.slice(0, MAX_EXAMPLES),
  informational: false,
});

export const figure = (name: string, detail: string, holds = true): Verdict => ({
  name,
  holds,
  detail,
  examples: [],
  informational: true,
});

/** The table that ends a run. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const width = Math.max(...verdicts.map(({ name }) => name.length));
  return verdicts
    .flatMap(({ name, holds, detail, examples, informational }) => [
      `${informational ? (holds ? '  ·  ' : '  !  ') : holds ? ' yes ' : ' NO  '} ${name.padEnd(width)}  ${detail}`,
      ...examples.map((example) => `        ${example}`),
    ])
    .join('\n');
}
