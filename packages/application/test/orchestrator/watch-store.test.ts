import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { watchStore } from '../../src/orchestrator/watch-store.ts';
import { EventStoreUnavailable, StreamUnreadable } from '../../src/ports/event-store.ts';
import { createManualClock } from '../projections/manual-clock.ts';

const unavailable = () => new EventStoreUnavailable('The server is not there.');
const turn = () => new Promise((resolve) => setImmediate(resolve));

function aWatch() {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const memory = createMemoryEventStore();
  const said: string[] = [];
  const asked: number[] = [];
  let isThere = true;
  let returns = 0;
  const watch = watchStore({
    store: {
      async lastPosition() {
        asked.push(clock.monotonicMs());
        if (!isThere) throw unavailable();
        return await memory.lastPosition();
      },
    },
    clock,
    log: {
      info: ({ awayMs }, message) => void said.push(`${message} ${awayMs}`),
      warn: (_, message) => void said.push(message),
      error: (_, message) => void said.push(message),
    },
    onReturn() {
      returns += 1;
    },
  });
  return {
    watch,
    said,
    asked,
    returns: () => returns,
    goAway() {
      isThere = false;
    },
    comeBack() {
      isThere = true;
    },
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 250) {
        clock.advance(250);
        await turn();
      }
    },
    /** Work that fails as long as the store is away. */
    work: (done: () => void) => async () => {
      if (!isThere) throw unavailable();
      done();
    },
  };
}

const away = 'The event store is away: what needs it waits, and nothing is lost.';

describe('the watch over the event store', () => {
  it('asks now and then whether the store is back, and says once that it is away and once that it is back', async () => {
    const { watch, said, asked, returns, goAway, comeBack, pass } = aWatch();
    goAway();
    for (let failures = 0; failures < 100; failures++) expect(watch.noticed(unavailable())).toBe(true);
    await pass(30_000);
    expect(watch.isAway).toBe(true);
    expect(asked.length).toBeLessThan(20);
    comeBack();
    await pass(2_000);
    expect([watch.isAway, returns()]).toEqual([false, 1]);
    await pass(20_000);
    expect(said).toEqual([away, expect.stringMatching(/^The event store is back. 3\d{4}$/)]);
    watch.noticed(unavailable());
    expect(said[2]).toBe(away);
  });

  it('takes a store that answers and fails again for one outage', async () => {
    const { watch, said, pass } = aWatch();
    for (let second = 0; second < 60; second += 5) {
      watch.noticed(unavailable());
      await pass(5_000);
      expect(watch.isAway).toBe(false);
    }
    expect(said).toEqual([away]);
    await pass(15_000);
    expect(said).toHaveLength(2);
  });

  it('lets who waits go on in the order in which they came, those that had failed first', async () => {
    const { watch, goAway, comeBack, pass, work } = aWatch();
    const done: number[] = [];
    goAway();
    const waiting = [1, 2, 3].map((one) => watch.outlast(work(() => done.push(one))));
    await turn();
    waiting.push(watch.outlast(work(() => done.push(4))));
    await pass(10_000);
    expect(done).toEqual([]);
    comeBack();
    await pass(2_000);
    await Promise.all(waiting);
    expect(done).toEqual([1, 2, 3, 4]);
  });

  it('hands on what else goes wrong', async () => {
    const { watch, said } = aWatch();
    const broken = new Error('Something else.');
    await expect(watch.outlast(() => Promise.reject(broken))).rejects.toBe(broken);
    expect([watch.noticed(broken), watch.isAway, said.length]).toEqual([false, false, 0]);
  });

  it('does not take one stream that cannot be read for a store that is away', async () => {
    const { watch, said } = aWatch();
    const unreadable = new StreamUnreadable('The stream was deleted on the server.', { revision: 0 });
    await expect(watch.outlast(() => Promise.reject(unreadable))).rejects.toBe(unreadable);
    expect([watch.noticed(unreadable), watch.isAway, said]).toEqual([false, false, []]);
  });

  it('keeps nobody waiting when it is stopped, and asks no more', async () => {
    const { watch, asked, goAway, pass, work } = aWatch();
    goAway();
    const waiting = watch.outlast(work(() => {}));
    const refused = expect(waiting).rejects.toBeInstanceOf(EventStoreUnavailable);
    await pass(1_000);
    await watch.stop();
    await refused;
    const askedBefore = asked.length;
    await expect(watch.outlast(work(() => {}))).rejects.toBeInstanceOf(EventStoreUnavailable);
    await pass(10_000);
    expect(asked).toHaveLength(askedBefore);
  });
});
