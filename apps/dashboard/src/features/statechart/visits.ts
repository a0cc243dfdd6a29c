import { buildJobMachine, type StateValue } from '@yardmaster/domain';
import { countUpTo } from '../../shared/lists/count-up-to.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';

/** What the chart shows of a build at one of its events. */
export interface ChartMoment {
  /** The states the build is in, outermost first. */
  readonly active: ReadonlySet<string>;
  /** Only states that were entered by then. */
  readonly visits: ReadonlyMap<string, Visits>;
  /** How often each transition was taken by then; one that was not taken is not there. */
  readonly taken: ReadonlyMap<string, number>;
  /** The transition that the latest event took; null before the first. */
  readonly lastTaken: string | null;
}

export interface Visits {
  readonly count: number;
  /** In milliseconds since 1970. */
  readonly lastEnteredMs: number;
}

/** One stay in a state. */
export interface Stay {
  readonly enteredMs: number;
  /** Null while it lasts. */
  readonly leftMs: number | null;
}

/**
 * The chart at `frames[at]`. A history is gone through once; after that every moment is looked up in
 * O(states · log events), whichever way somebody scrubs.
 */
export function chartMomentAt(frames: readonly Frame[], at: number): ChartMoment {
  const index = indexOf(frames);
  const visits = new Map<string, Visits>();
  for (const [id, entered] of index.entered) {
    const count = countUpTo(entered, at);
    const last = frames[entered[count - 1] ?? -1];
    if (last !== undefined) visits.set(id, { count, lastEnteredMs: last.atMs });
  }
  const taken = new Map<string, number>();
  for (const [id, revisions] of index.taken) {
    const count = countUpTo(revisions, at);
    if (count > 0) taken.set(id, count);
  }
  return { active: index.active[at] ?? nothing, visits, taken, lastTaken: frames[at]?.taken ?? null };
}

/** Every stay in a state up to `frames[at]`, in order. */
export function staysIn(frames: readonly Frame[], at: number, stateId: string): readonly Stay[] {
  const { entered, left } = indexOf(frames);
  const leftAt = left.get(stateId) ?? [];
  return (entered.get(stateId) ?? [])
    .filter((revision) => revision <= at)
    .map((revision, visit) => {
      const leftRevision = leftAt[visit];
      const isOver = leftRevision !== undefined && leftRevision <= at;
      return { enteredMs: frames[revision]?.atMs ?? 0, leftMs: isOver ? (frames[leftRevision]?.atMs ?? 0) : null };
    });
}

/** A stay in a state, with where that state lies. */
export interface VisitedState extends Stay {
  readonly id: string;
  /** Of the event that led into it. */
  readonly revision: number;
  /** 0 for a state that lies in no other. */
  readonly depth: number;
}

/** Every stay in any state up to `frames[at]`, in the order in which the states were entered, outer before inner. */
export function visitsInOrder(frames: readonly Frame[], at: number): readonly VisitedState[] {
  const visited = [...indexOf(frames).entered].flatMap(([id, revisions]) => {
    const depth = id.split('.').length - 2;
    return staysIn(frames, at, id).map((stay, visit) => ({ ...stay, id, depth, revision: revisions[visit] ?? 0 }));
  });
  return visited.sort((a, b) => a.revision - b.revision || a.depth - b.depth);
}

/** Ids of the states that a build with this state value is in, outermost first. */
export function activeStates(value: StateValue): ReadonlySet<string> {
  const ids = new Set<string>();
  collect(value, buildJobMachine.id, ids);
  return ids;
}

function collect(value: StateValue, parent: string, into: Set<string>): void {
  const entries = typeof value === 'string' ? [[value, undefined] as const] : Object.entries(value);
  for (const [key, inner] of entries) {
    const id = `${parent}.${key}`;
    into.add(id);
    if (inner !== undefined) collect(inner, id, into);
  }
}

/** Revisions in ascending order, for each state and transition. */
interface HistoryIndex {
  readonly active: readonly ReadonlySet<string>[];
  readonly entered: ReadonlyMap<string, readonly number[]>;
  readonly left: ReadonlyMap<string, readonly number[]>;
  readonly taken: ReadonlyMap<string, readonly number[]>;
}

const nothing: ReadonlySet<string> = new Set();
const indexes = new WeakMap<readonly Frame[], HistoryIndex>();

function indexOf(frames: readonly Frame[]): HistoryIndex {
  const known = indexes.get(frames);
  if (known !== undefined) return known;
  const index = makeIndex(frames);
  indexes.set(frames, index);
  return index;
}

function makeIndex(frames: readonly Frame[]): HistoryIndex {
  const active: ReadonlySet<string>[] = [];
  const entered = new Map<string, number[]>();
  const left = new Map<string, number[]>();
  const taken = new Map<string, number[]>();
  const statesOf = new Map<string, ReadonlySet<string>>();
  let before = nothing;
  for (const { revision, snapshot, taken: transition } of frames) {
    const key = JSON.stringify(snapshot.value);
    const now = statesOf.get(key) ?? activeStates(snapshot.value);
    statesOf.set(key, now);
    if (now !== before) {
      for (const id of now) if (!before.has(id)) note(entered, id, revision);
      for (const id of before) if (!now.has(id)) note(left, id, revision);
    }
    if (transition !== null) note(taken, transition, revision);
    active.push(now);
    before = now;
  }
  return { active, entered, left, taken };
}

function note(revisions: Map<string, number[]>, id: string, revision: number): void {
  const known = revisions.get(id);
  if (known === undefined) revisions.set(id, [revision]);
  else known.push(revision);
}
