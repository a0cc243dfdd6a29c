import { verifyStore } from '@yardmaster/application';
import { type AnyDecider, buildJobDecider, deciders, UserId, WebsiteEvent, websiteDecider } from '@yardmaster/domain';
import { describe, expect, test } from 'vitest';
import { isRecorded, type RecordedHistory, readRecordedHistories, storeOf } from './recorded-histories.ts';

const histories = readRecordedHistories();
const record = 'node packages/testing/test/histories/record-histories.ts';

/** What these models do not reproduce of a history, and what whoever changed them does about it; empty when all is well. */
async function complaints(history: RecordedHistory, models: readonly AnyDecider[] = deciders): Promise<string> {
  const { named } = await verifyStore({ store: await storeOf(history), deciders: models });
  if (named.length === 0) return '';
  const { category, machineVersion, scenario } = history;
  return [
    `${category}/${machineVersion}/${scenario}: the model of "${category}" does not reproduce what was recorded.`,
    ...named.map(({ kind, stream, revision, reason }) => `  ${stream}, revision ${revision} (${kind}): ${reason}`),
    'Such histories are in stores in use, so the files stay as they are. Change the model so that old events mean what they',
    'meant: a new type of events, or a new schema version of one with an upcaster that gives old events the old meaning.',
    `Then raise machineVersion and record what the new version does: ${record}`,
  ].join('\n');
}

describe('the models of today reproduce', () => {
  test.each(histories)('$category/$machineVersion/$scenario', async (history) => {
    expect(await complaints(history)).toBe('');
  });
});

describe.each(deciders)('the histories of $category', (decider) => {
  const own = histories.filter(({ category }) => category === decider.category);

  test('are there for the version of today', () => {
    const advice = `Version ${decider.machineVersion} of "${decider.category}" has no histories. Record them: ${record}`;
    expect(isRecorded(decider), advice).toBe(true);
  });

  test('hold every type of events in every schema version there ever was', () => {
    const wanted = decider.eventTypes.flatMap((type) =>
      Array.from({ length: decider.schemaVersion({ type }) }, (_, index) => `${type} ${index + 1}`),
    );
    const held = own.flatMap(({ events }) => events.map(({ type, metadata }) => `${type} ${metadata.schemaVersion}`));
    const advice = `Cover them in scenarios.ts, raise machineVersion of "${decider.category}", and record: ${record}`;
    expect(new Set(held), advice).toEqual(new Set(wanted));
  });

  test('lie where their category and version say', () => {
    for (const { category, machineVersion, events } of own) {
      const placed = events.filter(({ metadata }) => metadata.stream.startsWith(`${category}-`));
      expect(placed.filter(({ metadata }) => metadata.machineVersion === machineVersion)).toEqual(events);
    }
  });
});

describe('a change that old histories do not survive is named', () => {
  const historyOf = (category: string, scenario: string) =>
    histories.find((one) => one.category === category && one.scenario === scenario) ?? expect.fail('No such history.');
  const inPlaceOf = (changed: AnyDecider) => deciders.map((one) => (one.category === changed.category ? changed : one));

  test('a transition that is gone', async () => {
    const history = historyOf('buildJob', 'retry-after-back-off');
    const gone = history.events.find(({ type }) => type === 'RetryDue')?.metadata;
    const changed: typeof buildJobDecider = {
      ...buildJobDecider,
      evolve: (state, event) =>
        event.type === 'RetryDue'
          ? { ok: false, drift: 'The machine refuses RetryDue in "backingOff".' }
          : buildJobDecider.evolve(state, event),
    };
    const complaint = await complaints(history, inPlaceOf(changed));
    expect(complaint).toContain(
      `  ${gone?.stream}, revision ${gone?.revision} (drift): The machine refuses RetryDue in "backingOff".`,
    );
    expect(complaint).toContain('Then raise machineVersion and record what the new version does');
  });

  test('a state of another name, also when the version was raised', async () => {
    const changed: typeof buildJobDecider = {
      ...buildJobDecider,
      machineVersion: buildJobDecider.machineVersion + 1,
      stateValue: ({ value }) => (value === 'dispatched' ? 'handedOut' : value),
    };
    expect(await complaints(historyOf('buildJob', 'good-build'), inPlaceOf(changed))).toContain(
      'revision 2 (drift): BuildDispatched leads to "handedOut"; recorded was "dispatched".' +
        ` It was recorded by version 1 of the model; this program has ${changed.machineVersion}.`,
    );
  });

  test('a new shape of events without an upcaster', async () => {
    const renamed = WebsiteEvent.options[1];
    const data = renamed.shape.data.extend({ by: UserId });
    const changed: typeof websiteDecider = {
      ...websiteDecider,
      parseEvent: (...stored) =>
        stored[0] === 'WebsiteRenamed'
          ? renamed.extend({ data }).parse({ type: stored[0], data: stored[1] })
          : websiteDecider.parseEvent(...stored),
    };
    expect(await complaints(historyOf('website', 'a-website-is-changed-and-deleted'), inPlaceOf(changed))).toContain(
      '(drift): WebsiteRenamed has data that no schema accepts: data.by: ',
    );
  });

  test('a line of the file', async () => {
    const history = historyOf('website', 'good-build');
    const [first, ...rest] = history.events;
    if (first === undefined) expect.fail('There is no first event.');
    const edited = { ...first, data: { ...(first.data as object), name: 'Garden clubs' } };
    expect(await complaints({ ...history, events: [edited, ...rest] })).toContain('(broken-link)');
  });

  test('a line that is gone', async () => {
    const history = historyOf('buildJob', 'good-build');
    await expect(complaints({ ...history, events: history.events.toSpliced(3, 1) })).rejects.toThrow(
      /^Before revision 4 of buildJob-\S+ an event is missing\.$/,
    );
  });
});
