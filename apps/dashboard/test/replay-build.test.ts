import { replayEvents } from '@yardmaster/application';
import { type BuildJobEvent, buildJobDecider, statusOf } from '@yardmaster/domain';
import type { EventView } from '@yardmaster/protocol';
import { aBuild } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';
import { readRecordedHistories } from '../../../packages/testing/test/histories/recorded-histories.ts';
import { continueReplay, emptyReplay, eventCount, joins, recordedEvents } from '../src/shared/replay/replay-build.ts';
import { eventViews, recordedHistory } from './recorded-history.ts';

const histories = {
  'a build that completes': aBuild().completed(),
  'a build that is cancelled while it waits': aBuild().queued().cancelled(),
  'a build that is cancelled at work': aBuild().inStep('install').cancelled().stopped(),
  'a build that is retried after a failed step': aBuild().inStep('typecheck').stepFailed().queued().completed(),
  'a build that fails for good': aBuild({ maxAttempts: 1 }).inStep('bundle').stepFailed({ retryable: false }),
  'a build whose step times out': aBuild().inStep('install').timedOut().completed(),
  'a build whose worker is lost': aBuild().inStep('extract').workerLost().completed(),
  'a build that is set aside': aBuild()
    .inStep('install')
    .workerLost({ alone: true })
    .inStep('install')
    .workerLost({ alone: true }),
  'a build that is handed back': aBuild().inStep('install').gaveBack().completed(),
  'a build that no worker claims at first': aBuild().dispatched().withdrawn().completed(),
  'a build whose priority changes': aBuild().queued().command({ type: 'ChangePriority', priority: 8 }).completed(),
} as const;

const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe.each(Object.entries(histories))('%s', (_, { events }) => {
  test('is at every moment what the server replays', () => {
    const recorded = recordedHistory(events);
    const replay = continueReplay(emptyReplay, eventViews(events));
    expect(replay).toMatchObject({ ok: true, frames: { length: events.length } });
    for (const { revision, snapshot, status } of replay.frames) {
      const upTo = recorded.slice(0, revision + 1);
      const state = replayEvents(buildJobDecider, buildJobDecider.initialState(), upTo);
      expect({ state: snapshot.value, context: json(snapshot.context), status }).toEqual({
        state: state.value,
        context: json(state.context),
        status: statusOf(state.value),
      });
    }
  });

  test('is the same whether its events come at once, one by one, or twice', () => {
    const views = eventViews(events);
    const atOnce = continueReplay(emptyReplay, views);
    const oneByOne = views.reduce((replay, view) => continueReplay(replay, [view]), emptyReplay);
    const twice = views.reduce(
      (replay, _view, index) => continueReplay(replay, views.slice(0, index + 1)),
      emptyReplay,
    );
    expect(frameFacts(oneByOne)).toEqual(frameFacts(atOnce));
    expect(frameFacts(twice)).toEqual(frameFacts(atOnce));
  });
});

function frameFacts({ frames }: typeof emptyReplay) {
  return frames.map(({ revision, event, atMs, snapshot, taken }) => ({
    revision,
    event,
    atMs,
    taken,
    state: snapshot.value,
    context: snapshot.context,
  }));
}

describe('the histories that were recorded with every version there was', () => {
  const recorded = readRecordedHistories().filter(({ category }) => category === 'buildJob');

  test.each(recorded)('$machineVersion/$scenario is replayed to its end', ({ events }) => {
    const streams = Map.groupBy(events, ({ metadata }) => metadata.stream);
    const builds = [...streams.entries()].filter(([stream]) => stream.startsWith('buildJob-'));
    expect(builds.length).toBeGreaterThan(0);
    for (const [, ofBuild] of builds) {
      const views = ofBuild.map(({ type, data, metadata }, index) => ({
        position: String(index),
        revision: metadata.revision,
        type,
        data,
        metadata,
      }));
      const replay = continueReplay(emptyReplay, views);
      expect(replay).toMatchObject({ ok: true, frames: { length: views.length } });
      expect(replay.frames.at(-1)?.snapshot.value).toEqual(views.at(-1)?.metadata.to);
    }
  });
});

describe('going on', () => {
  const views = eventViews(aBuild().completed().events);

  test('keeps the moments that are there, and changes nothing that was given', () => {
    const before = continueReplay(emptyReplay, views.slice(0, 5));
    const after = continueReplay(before, views.slice(5));
    expect(before.frames).toHaveLength(5);
    expect(after.frames.slice(0, 5).every((frame, index) => frame === before.frames[index])).toBe(true);
  });

  test('gives the same object when there is nothing new', () => {
    const replay = continueReplay(emptyReplay, views);
    expect(continueReplay(replay, views.slice(3, 9))).toBe(replay);
    expect(continueReplay(replay, [])).toBe(replay);
  });

  test('names the transition that every event took', () => {
    const { frames } = continueReplay(emptyReplay, views);
    expect(frames[0]?.taken).toBe('buildJob.pending|BuildRequested|0');
    expect(frames.every(({ taken }) => taken !== null)).toBe(true);
  });
});

describe('drift', () => {
  const { events } = aBuild().completed();
  const views = eventViews(events);
  const changed = (revision: number, change: (event: EventView) => EventView): readonly EventView[] =>
    views.map((view) => (view.revision === revision ? change(view) : view));

  test.each<[string, readonly EventView[], RegExp]>([
    [
      'an event of a type that is not known',
      changed(4, (view) => ({ ...view, type: 'BuildTeleported' })),
      /understand/,
    ],
    [
      'an event with data that is not known',
      changed(4, (view) => ({ ...view, data: { attempt: 'one' } })),
      /understand/,
    ],
    [
      'an event that the machine refuses',
      changed(4, (view) => ({ ...view, type: 'BuildQueued', data: {} })),
      /refuses/,
    ],
    ['another state than was recorded', changed(4, withState('queued')), /another state/],
    [
      'a state that is recorded with another region',
      changed(4, withState({ building: 'x', other: 'y' })),
      /another state/,
    ],
    [
      'an event without its time',
      changed(4, (view) => ({ ...view, metadata: { ...view.metadata, occurredAt: 'soon' } })),
      /when/,
    ],
    ['a hole', views.filter(({ revision }) => revision !== 4), /missing/],
  ])('%s ends the replay there and is named', (_, history, reason) => {
    const replay = continueReplay(emptyReplay, history);
    expect(replay).toMatchObject({ ok: false, driftAt: 4, frames: { length: 4 } });
    expect(replay.ok ? '' : replay.reason).toMatch(reason);
    expect(recordedEvents(replay)).toEqual(history);
  });

  test('what comes later is kept unplayed', () => {
    const history = changed(4, withState('queued'));
    const replay = continueReplay(continueReplay(emptyReplay, history.slice(0, 6)), history.slice(5));
    expect(replay.frames).toHaveLength(4);
    expect(recordedEvents(replay)).toEqual(history);
    expect(eventCount(replay)).toBe(history.length);
  });
});

const withState =
  (to: unknown) =>
  (view: EventView): EventView => ({ ...view, metadata: { ...view.metadata, to } });

describe('joining', () => {
  const { events } = aBuild().completed();
  const views = eventViews(events);
  const others = eventViews(events, { recording: 'b' });
  const replay = continueReplay(emptyReplay, views.slice(0, 6));

  test.each<[string, readonly EventView[], boolean]>([
    ['nothing', [], true],
    ['the next events', views.slice(6, 9), true],
    ['events that are there, and the next', views.slice(2, 9), true],
    ['fewer events of the same history', views.slice(0, 3), true],
    ['events after a hole', views.slice(7), false],
    ['a hole among the next', [views[6], views[8]].filter((view) => view !== undefined), false],
    ['another event where one is known', others.slice(5), false],
    ['another history', others, false],
  ])('%s', (_, next, expected) => expect(joins(replay, next)).toBe(expected));

  test('goes on behind a drift', () => {
    const drifted = continueReplay(emptyReplay, views.slice(0, 6).map(withState('completed')));
    expect(drifted.ok).toBe(false);
    expect(joins(drifted, views.slice(4, 9))).toBe(true);
    expect(joins(drifted, others.slice(5))).toBe(false);
    expect(joins(drifted, views.slice(7))).toBe(false);
  });
});

test('one more event of a history of thousands is taken in without replaying it', () => {
  const { events } = aBuild().dispatched();
  const turn: readonly BuildJobEvent[] = [
    { type: 'DispatchWithdrawn', data: { attempt: 1, reason: 'No worker claimed it.' } },
    { type: 'BuildDispatched', data: { attempt: 1, pool: 'default' } },
  ];
  const views = eventViews([...events, ...Array.from({ length: 2_500 }, () => turn).flat()]);
  const before = continueReplay(emptyReplay, views.slice(0, -1));
  const after = continueReplay(before, views.slice(-1));
  expect(after.frames).toHaveLength(views.length);
  expect(after.frames[4_000]).toBe(before.frames[4_000]);
});
