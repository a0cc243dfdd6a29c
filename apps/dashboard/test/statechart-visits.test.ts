import { aBuild, type BuildHistory } from '@yardmaster/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chartMomentAt, staysIn, visitsInOrder } from '../src/features/statechart/visits.ts';
import { continueReplay, emptyReplay, type Frame } from '../src/shared/replay/replay-build.ts';
import { eventViews } from './recorded-history.ts';

/** The first worker is lost while it installs; the second attempt completes. */
const retried = aBuild().inStep('install').workerLost().completed();
/** Changes of priority stay in the state, withdrawals and hand-backs lead back to the queue. */
const wandering = aBuild()
  .queued()
  .command({ type: 'ChangePriority', priority: 7 })
  .command({ type: 'ChangePriority', priority: 2 })
  .dispatched()
  .withdrawn()
  .inStep('bundle')
  .gaveBack()
  .running()
  .stepDone('preview')
  .completed();
/** As long as a history ever gets: a build that is dispatched and withdrawn again and again. */
const endless = Array.from({ length: 2_500 }).reduce<BuildHistory>(
  (history) => history.dispatched().withdrawn(),
  aBuild().queued(),
);

const framesOf = ({ events }: BuildHistory): readonly Frame[] => {
  const replay = continueReplay(emptyReplay, eventViews(events));
  if (!replay.ok) throw new Error(replay.reason);
  return replay.frames;
};

describe('the chart at a moment', () => {
  const frames = framesOf(retried);
  const last = frames.length - 1;
  const revisionOf = (type: string, nth = 0) =>
    frames.filter(({ event }) => event.type === type)[nth]?.revision ?? Number.NaN;

  test('is in the state that the machine was in, and in the states around it', () => {
    expect([...chartMomentAt(frames, revisionOf('WorkerLost') - 1).active]).toEqual([
      'buildJob.building',
      'buildJob.building.installing',
    ]);
    expect([...chartMomentAt(frames, last).active]).toEqual(['buildJob.completed']);
  });

  test('counts every entry of a state, also by another way', () => {
    const { visits } = chartMomentAt(frames, last);
    expect(visits.get('buildJob.queued')?.count).toBe(2);
    expect(visits.get('buildJob.building')?.count).toBe(2);
    expect(visits.get('buildJob.building.installing')?.count).toBe(2);
    expect(visits.get('buildJob.building.bundling')?.count).toBe(1);
    expect(visits.get('buildJob.pending')?.count).toBe(1);
    expect(visits.has('buildJob.failed')).toBe(false);
  });

  test('says when a state was entered last, as of that moment', () => {
    const [first, second] = [revisionOf('BuildClaimed'), revisionOf('BuildClaimed', 1)];
    const enteredAt = (at: number) => chartMomentAt(frames, at).visits.get('buildJob.building')?.lastEnteredMs;
    expect(enteredAt(second - 1)).toBe(frames[first]?.atMs);
    expect(enteredAt(second)).toBe(frames[second]?.atMs);
  });

  test('names the transition that led to it, and how often each was taken', () => {
    const lost = chartMomentAt(frames, revisionOf('WorkerLost'));
    expect(lost.lastTaken).toBe('buildJob.building|WorkerLost|0');
    expect(lost.taken.get('buildJob.building|WorkerLost|0')).toBe(1);
    expect(lost.taken.has('buildJob.running|BuildCompleted|0')).toBe(false);
    expect(chartMomentAt(frames, last).taken.get('buildJob.queued|BuildDispatched|0')).toBe(2);
  });

  test('does not take a transition that stays in its state for a visit', () => {
    const wanderings = framesOf(wandering);
    const changed = wanderings.findLast(({ event }) => event.type === 'PriorityChanged')?.revision ?? Number.NaN;
    const { visits, taken } = chartMomentAt(wanderings, changed);
    expect(visits.get('buildJob.queued')?.count).toBe(1);
    expect(taken.get('buildJob.queued|PriorityChanged|0')).toBe(2);
  });

  test('knows every stay in a state, and of the one that lasts no end', () => {
    const claimed = revisionOf('BuildClaimed', 1);
    const stays = staysIn(frames, claimed, 'buildJob.building');
    expect(stays).toEqual([
      { enteredMs: frames[revisionOf('BuildClaimed')]?.atMs, leftMs: frames[revisionOf('WorkerLost')]?.atMs },
      { enteredMs: frames[claimed]?.atMs, leftMs: null },
    ]);
  });

  test('can be read as a list, in which the states around others come first', () => {
    const names = visitsInOrder(frames, revisionOf('BuildClaimed')).map(({ id, depth }) => `${depth} ${id}`);
    expect(names).toEqual([
      '0 buildJob.pending',
      '0 buildJob.queued',
      '0 buildJob.dispatched',
      '0 buildJob.building',
      '1 buildJob.building.claimed',
    ]);
  });

  test('is empty before there is an event', () => {
    const { active, visits, taken, lastTaken } = chartMomentAt([], -1);
    expect([active.size, visits.size, taken.size, lastTaken]).toEqual([0, 0, 0, null]);
  });

  test.each([
    ['with a retry', framesOf(retried)],
    ['that wanders', framesOf(wandering)],
  ])('at any moment of a history %s is what a recount from the start makes it', (_, all) => {
    fc.assert(
      fc.property(fc.nat(all.length - 1), fc.integer({ min: 1, max: all.length }), (at, known) => {
        const upTo = Math.min(at, known - 1);
        const moment = chartMomentAt(all.slice(0, known), upTo);
        expect(plain(moment.visits)).toEqual(recount(all.slice(0, upTo + 1)).visits);
        expect(plain(moment.taken)).toEqual(recount(all.slice(0, upTo + 1)).taken);
      }),
    );
  });

  test('is found by looking up, not by counting: a step in 5,000 events costs far less than a frame of the screen', () => {
    const all = framesOf(endless);
    expect(all.length).toBeGreaterThan(5_000);
    chartMomentAt(all, 0);
    const startedAt = performance.now();
    const steps = 1_000;
    for (let step = 0; step < steps; step++) chartMomentAt(all, (step * 7_919) % all.length);
    expect((performance.now() - startedAt) / steps).toBeLessThan(4);
  });
});

/** The slow and plain way: goes through everything up to a moment. */
function recount(frames: readonly Frame[]) {
  const visits: Record<string, { count: number; lastEnteredMs: number }> = {};
  const taken: Record<string, number> = {};
  let before: readonly string[] = [];
  for (const { snapshot, atMs, taken: transition } of frames) {
    const now = statesIn(snapshot.value);
    for (const id of now) {
      if (!before.includes(id)) visits[id] = { count: (visits[id]?.count ?? 0) + 1, lastEnteredMs: atMs };
    }
    before = now;
    if (transition !== null) taken[transition] = (taken[transition] ?? 0) + 1;
  }
  return { visits, taken };
}

function statesIn(value: Frame['snapshot']['value']): readonly string[] {
  if (typeof value === 'string') return [`buildJob.${value}`];
  return Object.entries(value).flatMap(([outer, inner]) => [`buildJob.${outer}`, `buildJob.${outer}.${inner}`]);
}

function plain<Value>(map: ReadonlyMap<string, Value>): Record<string, Value> {
  return Object.fromEntries(map);
}
