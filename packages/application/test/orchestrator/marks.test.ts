import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { createHandedOnMarks, type MarkName } from '../../src/orchestrator/marks.ts';
import type { Position } from '../../src/ports/event-store.ts';

const positions = ['1', '2', '3', '4', '5'] as const;

/** Marks over a log that ends at position 5, with what this server has kept and what the last leader has noted. */
function aServer({
  own = {},
  noted = {},
  storeId,
}: {
  readonly own?: Partial<Record<MarkName, string>>;
  readonly noted?: Partial<Record<MarkName, string>>;
  readonly storeId?: string;
}) {
  const store = {
    ...createMemoryEventStore(),
    comparePositions(a: string, b: string) {
      const [first, second] = [a, b].map((each) => positions.indexOf(each as '1')); // -1 for what is none
      if (first === -1 || second === -1) throw new TypeError('Not a position of this store.');
      return (first ?? 0) - (second ?? 0);
    },
  };
  const kept = new Map(Object.entries(own));
  const notes = new Map(
    Object.entries(noted).map(([name, mark]) => [name, JSON.stringify({ storeId: storeId ?? store.storeId, mark })]),
  );
  const marks = createHandedOnMarks({
    lease: { note: (name, value) => void notes.set(name, value), noted: (name) => notes.get(name) ?? null },
    readModels: {
      mark: (name) => kept.get(name) ?? null,
      setMark: (name, value) => void kept.set(name, value),
      position: () => '4' as Position,
    },
    store,
  });
  return { marks, kept, notes };
}

const reports = (streamCreated: string, sequence: number) => JSON.stringify({ streamCreated, sequence });

describe('a leader goes on with the reports', () => {
  it.each([
    ['its own, where nothing was handed on', reports('a', 7), null, reports('a', 7)],
    ['what was handed on, where it has none', null, reports('a', 7), reports('a', 7)],
    ['what was handed on, where that is further', reports('a', 7), reports('a', 8), reports('a', 8)],
    ['its own, where that is further', reports('a', 8), reports('a', 7), reports('a', 8)],
    ['what was handed on of a stream made anew', reports('a', 8), reports('b', 1), reports('b', 1)],
    ['its own, where what was handed on makes no sense', reports('a', 8), 'nonsense', reports('a', 8)],
  ])('from %s', (_, own, noted, expected) => {
    const { marks } = aServer({
      own: own === null ? {} : { reports: own },
      noted: noted === null ? {} : { reports: noted },
    });
    expect(marks.read('reports')).toBe(expected);
  });
});

describe('a leader goes on with the policies', () => {
  it.each([
    ['its own, where nothing was handed on', '2', null, '2'],
    ['what was handed on, where it has none', null, '2', '2'],
    ['what was handed on, where that is further', '2', '3', '3'],
    ['its own, where that is further', '3', '2', '3'],
    ['its own, where what was handed on lies beyond the log', '2', '5', '2'],
    ['the beginning, where all that it has lies beyond the log', null, '5', null],
    ['its own, where what was handed on is no position', '2', 'nonsense', '2'],
  ])('from %s', (_, own, noted, expected) => {
    const { marks } = aServer({
      own: own === null ? {} : { policies: own },
      noted: noted === null ? {} : { policies: noted },
    });
    expect(marks.read('policies')).toBe(expected);
  });

  it('from its own, where what was handed on was made in another store', () => {
    const { marks } = aServer({ own: { policies: '1' }, noted: { policies: '3' }, storeId: 'another' });
    expect(marks.read('policies')).toBe('1');
  });
});

describe('marks', () => {
  it('are kept and handed on as they are written', () => {
    const leader = aServer({});
    leader.marks.write('policies', '3');
    expect(leader.kept.get('policies')).toBe('3');
    expect(JSON.parse(leader.notes.get('policies') ?? '')).toMatchObject({ mark: '3' });
  });

  it('of the leader are made their own by those who stand by, and no lesser ones', () => {
    const { marks, kept } = aServer({
      own: { policies: '3', reports: reports('a', 1) },
      noted: { policies: '2', reports: reports('a', 9) },
    });
    marks.keep();
    expect(Object.fromEntries(kept)).toEqual({ policies: '3', reports: reports('a', 9) });
  });
});
