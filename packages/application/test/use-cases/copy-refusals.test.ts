import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventStore, NewEvent } from '../../src/ports/event-store.ts';
import { temporaryFile } from '../projections/opened-read-models.ts';
import { allOf, chained, copy, keptIn, openEmpty, openSqlite, watchAppends } from './copied-stores.ts';

/** Two streams of three events, that take turns. */
const first = chained('thing-1', [1, 2, 3]);
const second = chained('thing-2', ['a', 'b', 'c']);
const inTurns = first.flatMap((event, index) => [event, ...second.slice(index, index + 1)]);

async function holding<Store extends EventStore>(store: Store, events: readonly NewEvent[]): Promise<Store> {
  for (const event of events) {
    const { stream, revision } = event.metadata;
    await store.append(stream, revision === 0 ? 'no_stream' : revision - 1, [event]);
  }
  return store;
}

const aStoreOf = async (events: readonly NewEvent[]) => holding(await openEmpty.memory(), events);

/** Changes a file behind its store's back. */
function tamper(file: string, sql: string, ...values: (string | number)[]): void {
  const database = new DatabaseSync(file);
  database.prepare(sql).run(...values);
  database.close();
}

describe('a target is left as it is', () => {
  const others = chained('thing-1', [1, 2, 3]);
  test.each([
    ['is the source itself', null, 'copy-same-store', 'same event store'],
    ['holds other events', others, 'copy-target-differs', 'event 1, revision 0 of "thing-1", is another one there'],
    [
      'holds a forgery with the same ids, in chains that fit',
      chained('thing-1', [9, 2, 3], first),
      'copy-target-differs',
      'event 1, revision 0 of "thing-1", is another one there',
    ],
    [
      'holds the same events in another order',
      [...first, ...second],
      'copy-target-differs',
      'event 2 is revision 1 of "thing-1" there, and revision 0 of "thing-2" in the source',
    ],
    [
      'holds more than the source',
      [...inTurns, ...chained('thing-3', [1])],
      'copy-target-ahead',
      'ends after 6 events, but the target goes on with revision 0 of "thing-3"',
    ],
  ])('that %s', async (_, events, code, words) => {
    const from = await aStoreOf(inTurns);
    const to = watchAppends(events === null ? from : await aStoreOf(events));
    const result = await copy(from, to.store);
    expect(result).toMatchObject({ status: 'refused', code, copied: 0, message: expect.stringContaining(words) });
    expect(to.sizes).toEqual([]);
  });

  test('that was changed since it was copied, wherever it was and however little', async () => {
    const file = temporaryFile('target.sqlite');
    const [from, to] = [await aStoreOf(inTurns), await openSqlite(file)];
    await copy(from, to);
    const column = fc.constantFrom('type', 'data', 'meta');
    await fc.assert(
      fc.asyncProperty(fc.nat(5), column, fc.nat(), async (at, name, place) => {
        const database = new DatabaseSync(file);
        const text = String(
          database.prepare(`SELECT ${name} AS text FROM events WHERE position = ?`).get(at + 1)?.text,
        );
        const index = place % text.length;
        const changed = `${text.slice(0, index)}${text[index] === '7' ? '8' : '7'}${text.slice(index + 1)}`;
        database.prepare(`UPDATE events SET ${name} = ? WHERE position = ?`).run(changed, at + 1);
        database.close();
        const outcome = await copy(from, to).catch((error: unknown) => error);
        tamper(file, `UPDATE events SET ${name} = ? WHERE position = ?`, text, at + 1);
        if (outcome instanceof Error) expect(outcome.message).toContain(`position ${at + 1}`);
        else expect(outcome).toMatchObject({ status: 'refused', copied: 0, message: expect.stringMatching(/thing-/) });
      }),
      { numRuns: 60 },
    );
    expect(await copy(from, to)).toMatchObject({ status: 'completed', copied: 0 });
  });
});

describe('a copy stops', () => {
  test('before an event of the source that is not what was recorded, and goes on once that is repaired', async () => {
    const file = temporaryFile('source.sqlite');
    const [from, to] = [await holding(await openSqlite(file), inTurns), await openEmpty.memory()];
    tamper(file, `UPDATE events SET data = '"B"' WHERE position = 4`);
    expect(await copy(from, to)).toEqual({
      status: 'refused',
      code: 'copy-source-damaged',
      message: 'The source is damaged at revision 1 of "thing-2". The event is not what was recorded.',
      copied: (await allOf(to)).length,
    });
    expect((await allOf(to)).length).toBeLessThan(4);
    tamper(file, `UPDATE events SET data = '"b"' WHERE position = 4`);
    expect(await copy(from, to)).toMatchObject({ status: 'completed', events: 6 });
  });

  test('where the source has lost an event', async () => {
    const file = temporaryFile('source.sqlite');
    const [from, to] = [await holding(await openSqlite(file), inTurns), await openEmpty.memory()];
    tamper(file, 'DELETE FROM events WHERE position = 3');
    expect(await copy(from, to)).toMatchObject({
      code: 'copy-source-damaged',
      message: 'The source is damaged at revision 1 of "thing-1". Revision 1 is missing.',
    });
  });

  test('when somebody else appends to a stream of the target', async () => {
    const [from, to] = [await aStoreOf(inTurns), await openEmpty.memory()];
    const disturbed = watchAppends(to, (sizes) => {
      if (sizes.length === 3) void to.append('thing-1', 0, chained('thing-1', [9]));
    });
    expect(await copy(from, disturbed.store)).toEqual({
      status: 'refused',
      code: 'copy-target-changed',
      message:
        'Something else writes to the target: revision 1 of "thing-1" was to be appended, but the stream ends at 1.',
      copied: 2,
    });
  });
});

describe('a copy is not called complete', () => {
  test('when somebody else appended to another stream of the target meanwhile', async () => {
    const [from, to] = [await aStoreOf(inTurns), await openEmpty.memory()];
    const disturbed = watchAppends(to, (sizes) => {
      if (sizes.length === 3) void to.append('thing-9', 'no_stream', chained('thing-9', [9]));
    });
    expect(await copy(from, disturbed.store)).toMatchObject({ code: 'copy-target-differs', copied: 6 });
  });

  test('when the target does not hold what it has accepted', async () => {
    const file = temporaryFile('target.sqlite');
    const [from, to] = [await aStoreOf(inTurns), await openSqlite(file)];
    const result = await copy(from, to, {
      onProgress({ phase, events }) {
        if (phase === 'verifying' && events === 0) tamper(file, 'DELETE FROM events WHERE position = 6');
      },
    });
    expect(result).toMatchObject({ code: 'copy-target-incomplete', copied: 6 });
    expect((await keptIn(to)).length).toBe(5);
  });
});
