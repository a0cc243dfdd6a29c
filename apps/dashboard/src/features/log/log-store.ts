import { steps } from '@yardmaster/domain';
import type { LogLineView } from '@yardmaster/protocol';
import type { Trouble } from '../../shared/api/api.ts';
import { createLogIndex, type LogGroup, type LogIndex, type LogLine } from './log-index.ts';

/**
 * The lines that are held; of a longer log the rest is only in the download. At 20 px each this is as high as an
 * element may be in every browser.
 */
export const maxLines = 800_000;

/** What is known of a log; the same object until the next flush. */
export interface LogView {
  /** Numbers of lines go from 1 to this one; some of them may not be here yet. */
  readonly last: number;
  readonly held: number;
  /** Lines that the server does not have either. */
  readonly lost: number;
  /** Lines beyond {@link maxLines}. */
  readonly beyond: number;
  readonly groups: readonly LogGroup[];
  readonly columns: number;
  /** Lines up to this one are here or lost, without a hole. */
  readonly readTo: number;
  /** Counts how often lines were put before others: what was worked out of a line before may be different now. */
  readonly epoch: number;
  /** Whether it is known by now how many lines there are. */
  readonly isKnown: boolean;
  /** How many there were when that became known; later ones are new to whoever reads. */
  readonly lastAtFirst: number;
  /** Why lines that are missing do not come. */
  readonly trouble: Trouble | null;
}

/** Lines that are missing: those after `after`, up to `upTo`. */
export interface LogHole {
  readonly after: number;
  readonly upTo: number;
  /** Whether no line after them is here. */
  readonly isAtEnd: boolean;
}

/**
 * The log of one build, outside of React: lines by number, in any order and as often as they come; the first of a number
 * stays. Readers are told once per frame.
 */
export interface LogStore extends Pick<LogIndex, 'countAt' | 'styleAt'> {
  add(lines: readonly LogLineView[]): void;
  /** The server has this many lines. */
  expect(total: number): void;
  /** Of these lines, those that are missing will never come. */
  giveUp(lines: Pick<LogHole, 'after' | 'upTo'>): void;
  fail(trouble: Trouble | null): void;
  /** The first lines that are missing. */
  hole(): LogHole | null;
  /** Null for a line that is not here. */
  lineAt(n: number): LogLine | null;
  isLost(n: number): boolean;
  subscribe(listener: () => void): () => void;
  readonly view: () => LogView;
}

const streams = ['stdout', 'stderr', 'system'] as const;
const [missing, lost] = [0, -1] as const;

/** `nextFrame` calls back when the page is drawn next. */
export function createLogStore(nextFrame: (callback: () => void) => unknown): LogStore {
  const listeners = new Set<() => void>();
  /** Of line n at n - 1. Columns of plain values: a hundred thousand objects would cost several times as much. */
  const texts: string[] = [];
  const times: number[] = [];
  /** Stream, step and attempt in one number above 0; or {@link missing} or {@link lost}. */
  const facts: number[] = [];
  let held = 0;
  let lostCount = 0;
  let total = 0;
  let readTo = 0;
  let epoch = 0;
  let isKnown = false;
  let lastAtFirst = 0;
  let trouble: Trouble | null = null;
  let isScheduled = false;
  const index = createLogIndex(lineAt);
  let view = makeView();

  return {
    add(lines) {
      for (const line of lines) take(line);
      flushSoon();
    },
    expect(count) {
      total = Math.max(total, count);
      growTo(Math.min(total, maxLines));
      if (!isKnown) lastAtFirst = facts.length;
      isKnown = true;
      flushSoon();
    },
    giveUp({ after, upTo }) {
      for (let at = after; at < Math.min(upTo, facts.length); at += 1) {
        if (facts[at] !== missing) continue;
        facts[at] = lost;
        lostCount += 1;
      }
      flushSoon();
    },
    fail(next) {
      trouble = next;
      flushSoon();
    },
    hole() {
      const after = readOn();
      if (after === facts.length) return null;
      let upTo = after + 1;
      while (upTo < facts.length && facts[upTo] === missing) upTo += 1;
      return { after, upTo, isAtEnd: upTo === facts.length };
    },
    lineAt,
    isLost: (n) => facts[n - 1] === lost,
    countAt: index.countAt,
    styleAt: index.styleAt,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    view: () => view,
  };

  function take({ n, at, step, stream, text, attempt }: LogLineView): void {
    total = Math.max(total, n);
    if (n > maxLines) return;
    growTo(n);
    const before = facts[n - 1];
    if (before !== missing && before !== lost) return;
    if (before === lost) lostCount -= 1;
    held += 1;
    texts[n - 1] = text;
    times[n - 1] = Date.parse(at);
    facts[n - 1] = 1 + streams.indexOf(stream) + 3 * (step === null ? 0 : 1 + steps.indexOf(step)) + 18 * attempt;
    if (index.forgetAfter(n - 1)) epoch += 1;
  }

  function lineAt(n: number): LogLine | null {
    const fact = facts[n - 1];
    if (fact === undefined || fact === missing || fact === lost) return null;
    const packed = fact - 1;
    return {
      n,
      text: texts[n - 1] ?? '',
      atMs: times[n - 1] ?? 0,
      stream: streams[packed % 3] ?? 'stdout',
      step: steps[(Math.floor(packed / 3) % 6) - 1] ?? null,
      attempt: Math.floor(packed / 18),
    };
  }

  function growTo(count: number): void {
    // Never with gaps: an array with gaps is many times slower.
    while (facts.length < count) {
      facts.push(missing);
      texts.push('');
      times.push(0);
    }
  }

  function readOn(): number {
    while (readTo < facts.length && facts[readTo] !== missing) readTo += 1;
    return readTo;
  }

  function flushSoon(): void {
    if (isScheduled) return;
    isScheduled = true;
    nextFrame(flush);
  }

  function flush(): void {
    isScheduled = false;
    index.extendTo(facts.length);
    view = makeView();
    for (const listener of listeners) listener();
  }

  function makeView(): LogView {
    return {
      last: facts.length,
      held,
      lost: lostCount,
      beyond: total - facts.length,
      groups: index.groups(),
      columns: index.columns(),
      readTo: readOn(),
      epoch,
      isKnown,
      lastAtFirst,
      trouble,
    };
  }
}
