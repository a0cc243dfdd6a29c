import type { Step } from '@yardmaster/domain';
import { columnsOf } from '../../shared/format/bidi-controls.ts';
import { hasTerminalControls, plainText } from '../../shared/format/plain-text.ts';
import { countUpTo } from '../../shared/lists/count-up-to.ts';
import { plainStyle, styleAtEnd, type TextStyle } from './ansi.ts';

export interface LogLine {
  readonly n: number;
  readonly text: string;
  readonly atMs: number;
  readonly stream: 'stdout' | 'stderr' | 'system';
  readonly step: Step | null;
  readonly attempt: number;
}

/** Lines that follow each other in one step of one attempt; they end where the next group begins. */
export interface LogGroup {
  /** Stays the same while lines come. */
  readonly key: string;
  readonly step: Step | null;
  readonly attempt: number;
  readonly first: number;
  readonly startedAtMs: number;
}

/** What follows from the lines before a line, kept so that nobody has to read them all again. */
export interface LogIndex {
  /** Reads on to line `last`. */
  extendTo(last: number): void;
  /** What followed from lines after `last` is no longer true; false when nothing was worked out of them. */
  forgetAfter(last: number): boolean;
  readonly groups: () => readonly LogGroup[];
  /** About the most characters that a line has when it is seen. */
  readonly columns: () => number;
  /** How many lines were there at that moment; a clock that was set back does not make a line older than one before it. */
  countAt(atMs: number): number;
  /** The style in which a line begins: what the lines of its stream before it in its group left on. */
  styleAt(n: number): TextStyle;
}

/** A style is kept for every so many lines; from there to a line it is worked out. */
const linesPerCheckpoint = 64;

interface Styles {
  readonly stdout: TextStyle;
  readonly stderr: TextStyle;
}

const plainStyles: Styles = { stdout: plainStyle, stderr: plainStyle };

/** `lineAt` gives null for a line that is not there. */
export function createLogIndex(lineAt: (n: number) => LogLine | null): LogIndex {
  let groups: readonly LogGroup[] = [];
  let columns = 0;
  let longest = 0;
  /** Of line n at n - 1: the latest time of all lines up to it. */
  const reachedMs: number[] = [];
  /** At k: how line 64 × k + 1 begins. */
  const checkpoints: Styles[] = [];
  let styles = plainStyles;

  return {
    extendTo(last) {
      for (let n = reachedMs.length + 1; n <= last; n += 1) take(n);
    },
    forgetAfter(last) {
      if (last >= reachedMs.length) return false;
      reachedMs.length = last;
      checkpoints.length = Math.ceil(last / linesPerCheckpoint);
      groups = groups.filter(({ first }) => first <= last);
      styles = stylesBefore(last + 1);
      return true;
    },
    groups: () => groups,
    columns: () => columns,
    countAt: (atMs) => countUpTo(reachedMs, atMs),
    styleAt(n) {
      const stream = lineAt(n)?.stream;
      return stream === 'stdout' || stream === 'stderr' ? stylesBefore(n)[stream] : plainStyle;
    },
  };

  function take(n: number): void {
    const line = lineAt(n);
    const before = reachedMs.at(-1) ?? Number.NEGATIVE_INFINITY;
    reachedMs.push(line === null ? before : Math.max(before, line.atMs));
    if (line !== null && beginsGroup(line, groups.at(-1))) {
      const { step, attempt, atMs } = line;
      groups = [...groups, { key: `${attempt}-${step}-${groups.length}`, step, attempt, first: n, startedAtMs: atMs }];
      styles = plainStyles;
    }
    if ((n - 1) % linesPerCheckpoint === 0) checkpoints.push(styles);
    if (line === null) return;
    styles = stylesAfter(styles, line);
    measure(line.text);
  }

  /** A line with colours is only looked at when it is the longest as it came: that says enough, and looking is slow. */
  function measure(text: string): void {
    if (text.length <= columns || (text.length <= longest && hasTerminalControls(text))) return;
    longest = Math.max(longest, text.length);
    columns = Math.max(columns, columnsOf(plainText(text)));
  }

  function stylesBefore(n: number): Styles {
    const checkpoint = Math.max(0, Math.min(Math.floor((n - 1) / linesPerCheckpoint), checkpoints.length - 1));
    let at = checkpoints[checkpoint] ?? plainStyles;
    const groupFirst = groups.findLast(({ first }) => first <= n)?.first ?? 1;
    let from = checkpoint * linesPerCheckpoint + 1;
    if (groupFirst >= from) [from, at] = [groupFirst, plainStyles];
    for (let each = from; each < n; each += 1) {
      const line = lineAt(each);
      if (line !== null) at = stylesAfter(at, line);
    }
    return at;
  }
}

function stylesAfter(styles: Styles, { stream, text }: LogLine): Styles {
  if (stream === 'system') return styles;
  const style = styleAtEnd(text, styles[stream]);
  return style === styles[stream] ? styles : { ...styles, [stream]: style };
}

/** A line of no step belongs to what is going on. */
function beginsGroup({ step, attempt }: LogLine, current: LogGroup | undefined): boolean {
  return current === undefined || current.attempt !== attempt || (step !== null && current.step !== step);
}
