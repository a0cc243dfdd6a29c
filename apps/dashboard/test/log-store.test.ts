import type { LogLineView } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { plainStyle } from '../src/features/log/ansi.ts';
import { createLogStore, maxLines } from '../src/features/log/log-store.ts';
import { logLine, logLines } from './log-lines.ts';

/** A store whose frames come when the test says so. */
function storeWithFrames() {
  const frames: (() => void)[] = [];
  const store = createLogStore((callback) => frames.push(callback));
  const draw = () => {
    for (const frame of frames.splice(0)) frame();
    return store.view();
  };
  return { store, draw, scheduled: () => frames.length };
}

const textsOf = (store: ReturnType<typeof createLogStore>) =>
  Array.from({ length: store.view().last }, (_, index) => store.lineAt(index + 1)?.text ?? null);

describe('the lines of a log', () => {
  it('are told once per frame, however many come', () => {
    const { store, draw, scheduled } = storeWithFrames();
    let told = 0;
    store.subscribe(() => {
      told += 1;
    });
    const before = store.view();
    for (const line of logLines(1, 500)) store.add([line]);
    expect(store.view()).toBe(before);
    expect(scheduled()).toBe(1);
    expect(draw()).toMatchObject({ last: 500, held: 500 });
    expect(told).toBe(1);
  });

  it('are kept once by their number: what comes again changes nothing', () => {
    const { store, draw } = storeWithFrames();
    store.add(logLines(1, 3));
    store.add([logLine({ n: 2, text: 'something else' })]);
    store.add(logLines(3, 4));
    expect(draw()).toMatchObject({ last: 4, held: 4, epoch: 0 });
    expect(textsOf(store)).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
  });

  it('come back as they came', () => {
    const { store } = storeWithFrames();
    const lines = (['stdout', 'stderr', 'system'] as const).flatMap((stream, s) =>
      ([null, 'extract', 'preview'] as const).map((step, index) =>
        logLine({ n: s * 3 + index + 1, stream, step, attempt: s + 7 }),
      ),
    );
    store.add(lines);
    for (const { n, at, ...line } of lines) expect(store.lineAt(n)).toEqual({ n, atMs: Date.parse(at), ...line });
    expect(store.lineAt(0)).toBeNull();
    expect(store.lineAt(10)).toBeNull();
  });

  it('may begin in the middle: what is before is a hole until it is filled', () => {
    const { store, draw } = storeWithFrames();
    store.add(logLines(8, 10));
    expect(draw()).toMatchObject({ last: 10, held: 3, readTo: 0 });
    expect(store.hole()).toEqual({ after: 0, upTo: 7, isAtEnd: false });
    store.add(logLines(1, 4));
    expect(store.hole()).toEqual({ after: 4, upTo: 7, isAtEnd: false });
    expect(draw()).toMatchObject({ held: 7, readTo: 4, epoch: 1 });
    store.add(logLines(5, 7));
    expect(store.hole()).toBeNull();
    expect(draw()).toMatchObject({ held: 10, readTo: 10, epoch: 2 });
  });

  it('may come in any order', () => {
    const { store, draw } = storeWithFrames();
    for (const n of [5, 1, 3, 2, 4]) {
      store.add(logLines(n, n));
      draw();
    }
    expect(textsOf(store)).toEqual(['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
    expect(store.hole()).toBeNull();
  });

  it('are missing at the end as long as the server has more', () => {
    const { store, draw } = storeWithFrames();
    store.add(logLines(1, 2));
    expect(draw().isKnown).toBe(false);
    store.expect(6);
    expect(draw()).toMatchObject({ isKnown: true, last: 6, held: 2, lastAtFirst: 6 });
    expect(store.hole()).toEqual({ after: 2, upTo: 6, isAtEnd: true });
  });

  it('that are given up are lost, but still taken when they come', () => {
    const { store, draw } = storeWithFrames();
    store.add([...logLines(1, 2), ...logLines(6, 7)]);
    store.giveUp({ after: 0, upTo: 5 });
    expect(store.hole()).toBeNull();
    expect(draw()).toMatchObject({ lost: 3, held: 4, readTo: 7 });
    expect([2, 3, 5, 6].map(store.isLost)).toEqual([false, true, true, false]);
    store.add(logLines(4, 4));
    expect(draw()).toMatchObject({ lost: 2, held: 5 });
  });

  it('beyond the bound are counted and not held', () => {
    const { store, draw } = storeWithFrames();
    store.add([logLine({ n: maxLines + 5 }), logLine({ n: 1 })]);
    expect(draw()).toMatchObject({ last: 1, held: 1, beyond: maxLines + 4 });
    expect(store.hole()).toBeNull();
  });
});

describe('a log at a moment', () => {
  const secondsFrom = (seconds: number) => new Date(Date.parse('2026-01-01T12:00:00Z') + seconds * 1_000).toISOString();
  const msOf = (seconds: number) => Date.parse(secondsFrom(seconds));
  const at = (seconds: readonly number[]): LogLineView[] =>
    seconds.map((second, index) => logLine({ n: index + 1, at: secondsFrom(second) }));

  it('has the lines up to it', () => {
    const { store, draw } = storeWithFrames();
    store.add(at([1, 2, 2, 5]));
    draw();
    expect([0, 1, 2, 4.9, 5, 99].map((second) => store.countAt(msOf(second)))).toEqual([0, 1, 3, 3, 4, 4]);
  });

  it('takes a line as no older than those before it, whatever its clock said', () => {
    const { store, draw } = storeWithFrames();
    store.add(at([1, 9, 2, 3, 10]));
    draw();
    expect([1, 3, 8, 9, 10].map((second) => store.countAt(msOf(second)))).toEqual([1, 1, 1, 4, 5]);
  });
});

describe('colours that go on over lines', () => {
  const red = '\u001b[31m';
  const reset = '\u001b[0m';

  it('go on in their stream, and not in another', () => {
    const { store, draw } = storeWithFrames();
    store.add([
      logLine({ n: 1, text: `${red}red` }),
      logLine({ n: 2, stream: 'stderr' }),
      logLine({ n: 3, stream: 'system' }),
      logLine({ n: 4, text: `still${reset}` }),
      logLine({ n: 5 }),
    ]);
    draw();
    expect([1, 2, 3, 4, 5].map((n) => store.styleAt(n).colour)).toEqual([null, null, null, 1, null]);
  });

  it('end with the step', () => {
    const { store, draw } = storeWithFrames();
    store.add([logLine({ n: 1, step: 'install', text: red }), logLine({ n: 2, step: 'install' }), logLine({ n: 3 })]);
    draw();
    expect([2, 3].map((n) => store.styleAt(n).colour)).toEqual([1, null]);
  });

  it('are right everywhere, in whatever order thousands of lines come', () => {
    const lines = Array.from({ length: 3_000 }, (_, index) => {
      const n = index + 1;
      const text = n % 500 === 100 ? `${red}on` : n % 500 === 357 ? `off${reset}` : 'x';
      return logLine({ n, text, stream: n % 10 === 3 ? 'stderr' : 'stdout', step: n < 1_200 ? 'install' : 'bundle' });
    });
    const inOrder = storeWithFrames();
    inOrder.store.add(lines);
    inOrder.draw();
    const mixed = storeWithFrames();
    for (const page of [5, 0, 3, 1, 4, 2]) {
      mixed.store.add(lines.slice(page * 500, page * 500 + 500));
      mixed.draw();
    }
    expect(mixed.store.view().groups).toEqual(inOrder.store.view().groups);
    for (const { n } of lines) {
      const isInAnotherStep = n >= 1_200 && n <= 1_357;
      const expected = n % 500 > 100 && n % 500 <= 357 && n % 10 !== 3 && !isInAnotherStep ? 1 : null;
      const colours = [inOrder, mixed].map(({ store }) => store.styleAt(n).colour);
      expect(colours, `line ${n}`).toEqual([expected, expected]);
    }
    expect(inOrder.store.styleAt(1)).toBe(plainStyle);
  });
});
