import { plainWords } from '../../shared/replay/words.ts';

/** "attemptFailed" as "Attempt failed". */
export function stateName(key: string): string {
  const text = plainWords(key);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface Wording {
  readonly text: (step: string) => string;
  readonly isDeciding: boolean;
}

/**
 * The guards of the build-job machine. Most only keep out what comes late, from an attempt or a worker that is no longer
 * at work; those that decide the way a build takes are shown in the chart.
 */
const guards: Readonly<Record<string, Wording>> = {
  requested: { text: () => 'once requested', isDeciding: false },
  notRequested: { text: () => 'first request', isDeciding: false },
  nextAttempt: { text: () => 'next attempt', isDeciding: false },
  currentAttempt: { text: () => 'this attempt', isDeciding: false },
  stepBegins: { text: (step) => step, isDeciding: true },
  stepEnds: { text: () => 'the step at hand', isDeciding: false },
  stepTimesOut: { text: () => 'the step at hand', isDeciding: false },
  stepDone: { text: (step) => `${step} done`, isDeciding: true },
  workerHolds: { text: () => 'by its own worker', isDeciding: false },
  attemptsLeft: { text: () => 'attempts left', isDeciding: true },
};

/** A guard in words; null for no guard. One that has no wording here is told by its name and its parameters. */
export function guardText(guard: unknown): { readonly text: string; readonly isDeciding: boolean } | null {
  if (guard === undefined || guard === null) return null;
  const { type, params } = parts(guard);
  const wording = Object.hasOwn(guards, type) ? guards[type] : undefined;
  const values = Object.values(params).map(String);
  if (wording !== undefined) return { text: wording.text(values[0] ?? ''), isDeciding: wording.isDeciding };
  return { text: [plainWords(type), ...values].join(' '), isDeciding: true };
}

function parts(guard: unknown): { readonly type: string; readonly params: object } {
  if (typeof guard === 'string') return { type: guard, params: {} };
  if (typeof guard === 'function') return { type: guard.name || 'condition', params: {} };
  const { type, params } = guard as { readonly type?: unknown; readonly params?: unknown };
  return { type: String(type ?? 'condition'), params: typeof params === 'object' && params !== null ? params : {} };
}
