import { aBuild } from '@yardmaster/testing';
import { describe, expect, test } from 'vitest';
import { changesBetween } from '../src/features/history/context-changes.ts';
import { csvCell, eventsAsCsv, eventsAsNdjson, exportFileName } from '../src/features/history/event-export.ts';
import { everything, filterEvents, typesIn } from '../src/features/history/event-filter.ts';
import { eventsPossibleNext } from '../src/features/history/next-events.ts';
import { timelineOf } from '../src/features/history/timeline.ts';
import { exactDurationText } from '../src/shared/format/quantities.ts';
import { continueReplay, emptyReplay } from '../src/shared/replay/replay-build.ts';
import { plainWords, stateWords } from '../src/shared/replay/words.ts';
import { eventViews } from './recorded-history.ts';

const retried = aBuild().inStep('install').stepFailed().queued().completed();
const views = eventViews(retried.events);
const replay = continueReplay(emptyReplay, views);
const { frames } = replay;

describe('words', () => {
  test.each([
    ['backingOff', 'backing off'],
    ['BuildClaimed', 'build claimed'],
    ['pending', 'pending'],
  ])('%s', (name, words) => expect(plainWords(name)).toBe(words));

  test.each([
    ['queued', 'queued'],
    [{ building: 'installing' }, 'building › installing'],
    [{ building: { deep: 'attemptFailed' } }, 'building › deep › attempt failed'],
    [{ one: 'a', two: 'b' }, 'one › a, two › b'],
  ])('%j', (value, words) => expect(stateWords(value)).toBe(words));

  test.each([
    [-4, '0 ms'],
    [3.6, '4 ms'],
    [999.4, '999 ms'],
    [1_900, '1.9 s'],
    [59_940, '59.9 s'],
    [59_960, '1 min'],
    [125_000, '2 min 5 s'],
  ])('%d ms', (ms, words) => expect(exactDurationText(ms)).toBe(words));
});

describe('the filter', () => {
  const typesOf = (revisions: readonly number[]) => revisions.map((revision) => frames[revision]?.event.type);

  test('lets everything through at first', () =>
    expect(filterEvents(frames, everything)).toEqual(frames.map(({ revision }) => revision)));

  test('finds words in any order and case, in what a row says and in the data', () => {
    expect(typesOf(filterEvents(frames, { ...everything, text: 'FAILED installing' }))).toEqual(['StepFailed']);
    expect(typesOf(filterEvents(frames, { ...everything, text: 'registry-unreachable' }))).toEqual(['StepFailed']);
    expect(typesOf(filterEvents(frames, { ...everything, text: 'back QUEUE' }))).toEqual(['RetryDue']);
  });

  test('combines words and a type', () => {
    const found = filterEvents(frames, { text: 'attempt 2', type: 'BuildClaimed' });
    expect(found).toHaveLength(1);
    expect(frames[found[0] ?? -1]?.snapshot.context.attempt).toBe(2);
    expect(filterEvents(frames, { text: 'no such thing', type: 'all' })).toEqual([]);
  });

  test('offers the types that occur, with how often', () =>
    expect([...typesIn(frames)].slice(0, 4)).toEqual([
      ['BuildRequested', 1],
      ['BuildQueued', 1],
      ['BuildDispatched', 2],
      ['BuildClaimed', 2],
    ]));
});

describe('the export', () => {
  test('as NDJSON is what the API gives, one event a line', () => {
    const lines = eventsAsNdjson(replay).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(views);
  });

  test('as CSV has a line per event, also for those that cannot be replayed', () => {
    const broken = views.map((view) =>
      view.revision < 6 ? view : { ...view, type: 'Unheard', data: { text: 'a,"b"' } },
    );
    const lines = eventsAsCsv(continueReplay(emptyReplay, broken)).split('\r\n');
    expect(lines[0]).toBe('revision,occurredAt,type,description,actorKind,actor,from,to,data,eventId,hash');
    expect(lines).toHaveLength(views.length + 2);
    expect(lines[1]).toContain('0,2026-01-01T12:00:00.000Z,BuildRequested,"Build requested: Garden club #1, ');
    expect(lines[8]).toContain('Unheard,,system,test,');
    expect(lines[8]).toContain('"{""text"":""a,\\""b\\""""}"');
  });

  test.each([
    ['plain', 'plain'],
    ['', ''],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    [' spaced ', '" spaced "'],
    ['=1+1', `"'=1+1"`],
    ['+49 30', `"'+49 30"`],
    ['-2', `"'-2"`],
    ['@SUM(A1)', `"'@SUM(A1)"`],
    ['\t=1', `"'\t=1"`],
    ['  =1', `"'  =1"`],
    ['=HYPERLINK("http://x";"y")', `"'=HYPERLINK(""http://x"";""y"")"`],
    ['a=b', 'a=b'],
  ])('writes the cell %j so that no spreadsheet runs it', (text, cell) => expect(csvCell(text)).toBe(cell));

  test('is named after the build', () => {
    expect(exportFileName(replay, 'csv')).toBe('garden-club-1-events.csv');
    expect(exportFileName(emptyReplay, 'ndjson')).toBe('build-events.ndjson');
  });
});

describe('the timeline', () => {
  test('groups what was done and waited for by attempt, without holes or overlaps', () => {
    const groups = timelineOf(frames);
    expect(groups.map(({ title }) => title)).toEqual(['Before the first attempt', 'Attempt 1', 'Attempt 2']);
    expect(groups[1]?.spans.map(({ label, tone }) => `${label} ${tone}`)).toEqual([
      'Starting plain',
      'Extracting files plain',
      'Installing dependencies bad',
      'Pausing before the retry plain',
      'Waiting in the queue plain',
      'Waiting for a worker plain',
    ]);
    const spans = groups.flatMap(({ spans: all }) => all);
    for (const [index, span] of spans.entries()) {
      const next = spans[index + 1];
      expect(span.to).toBeGreaterThanOrEqual(span.from);
      if (next !== undefined) expect([span.endMs, span.to + 1]).toEqual([next.startMs, next.from]);
    }
    expect(spans.at(-1)).toMatchObject({ label: 'Build completed', tone: 'ok', to: frames.length - 1 });
  });

  test('survives a clock that was set back', () => {
    const back = continueReplay(emptyReplay, eventViews(retried.events, { stepMs: -1_000 }));
    const spans = timelineOf(back.frames).flatMap(({ spans: all }) => all);
    expect(spans.every(({ startMs, endMs }) => endMs >= startMs)).toBe(true);
  });

  test('is empty without events', () => expect(timelineOf([])).toEqual([]));
});

describe('what an event changed', () => {
  test('is named by where it is, also within what is nested', () => {
    const before = { a: 1, b: { c: 2, d: [1, 2] }, e: null };
    const after = { a: 1, b: { c: 3, d: [1, 2] }, e: { f: 1 } };
    expect(changesBetween(before, after)).toEqual([
      { path: 'b.c', before: 2, after: 3 },
      { path: 'e', before: null, after: { f: 1 } },
    ]);
  });

  test('is found in the context of a build', () => {
    const claimed = frames.findIndex(({ event }) => event.type === 'BuildClaimed');
    const [before, after] = [frames[claimed - 1]?.snapshot.context, frames[claimed]?.snapshot.context];
    expect(changesBetween(before, after).map(({ path }) => path)).toEqual([
      'attempt',
      'workerId',
      'workerSession',
      'claimId',
      'leaseMs',
      'currentStep',
    ]);
  });
});

describe('what may happen next', () => {
  const possible = (build: ReturnType<typeof aBuild>) => eventsPossibleNext(build.state);

  test('are the events that the machine has an arrow for, those of outer states included', () => {
    expect(possible(aBuild().queued())).toEqual(['BuildDispatched', 'PriorityChanged', 'BuildCancelled']);
    expect(possible(aBuild().inStep('install'))).toEqual(
      expect.arrayContaining(['StepStarted', 'StepFailed', 'CancelRequested']),
    );
    expect(possible(aBuild().completed())).toEqual([]);
  });

  test('has every event that then came', () => {
    for (const { snapshot, revision } of frames.slice(0, -1)) {
      expect(eventsPossibleNext(snapshot)).toContain(frames[revision + 1]?.event.type);
    }
  });
});
