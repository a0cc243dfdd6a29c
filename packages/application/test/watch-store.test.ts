import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it } from 'vitest';
import { type EventStore, EventStoreUnavailable, StreamUnreadable } from '../src/ports/event-store.ts';
import { watchStore } from '../src/watch-store.ts';
import { createManualClock } from './projections/manual-clock.ts';

const unavailable = () => new EventStoreUnavailable('it is not there');
const turn = () => new Promise((resolve) => setImmediate(resolve));
const never = new AbortController().signal;

/** `full`: it can be read, and stores nothing; `hanging`: it does not even refuse. */
type Condition = 'there' | 'away' | 'full' | 'hanging';

function aWatch() {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const memory = createMemoryEventStore();
  const said: string[] = [];
  const asked: number[] = [];
  let condition: Condition = 'there';
  let returns = 0;
  const store: EventStore = {
    ...memory,
    async append(...given) {
      if (condition !== 'there') throw unavailable();
      return await memory.append(...given);
    },
    async lastPosition() {
      asked.push(clock.monotonicMs());
      if (condition === 'hanging') await new Promise(() => {});
      if (condition === 'away') throw unavailable();
      return await memory.lastPosition();
    },
  };
  const say = (_: unknown, message: string) => void said.push(message);
  const watch = watchStore({
    store,
    name: 'EventStoreDB at a:1',
    describe: (error) => (error as Error).message,
    clock,
    log: { info: say, warn: say, error: say },
  });
  watch.onReturn(() => {
    returns += 1;
  });
  return {
    watch,
    said,
    asked,
    returns: () => returns,
    become(next: Condition) {
      condition = next;
    },
    /** Fails unless the store is there. */
    append: () => watch.store.append('a-stream', 'no_stream', []).catch((error: unknown) => error),
    async pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 250) {
        clock.advance(250);
        await turn();
      }
    },
    /** Work that fails as long as the store is away. */
    work: (done: () => void) => async () => {
      if (condition !== 'there') throw unavailable();
      done();
    },
  };
}

const away = 'EventStoreDB at a:1 cannot be reached: it is not there. Nothing can be recorded until it is back.';
const failing = 'EventStoreDB at a:1 answers but fails: it is not there. What needs it waits, and nothing is lost.';

describe('the watch over the event store', () => {
  it('asks now and then whether the store is back, and says once that it is away and once that it is back', async () => {
    const { watch, said, asked, returns, become, append, pass } = aWatch();
    become('away');
    for (let failures = 0; failures < 100; failures++) expect(await append()).toBeInstanceOf(EventStoreUnavailable);
    expect([watch.isAway, watch.outage()]).toEqual([true, expect.objectContaining({ reason: 'it is not there' })]);
    await pass(30_000);
    expect([watch.isAway, watch.presentForMs()]).toEqual([true, 0]);
    expect(asked.length).toBeLessThan(20);
    become('there');
    await pass(2_000);
    expect([watch.isAway, watch.outage(), returns()]).toEqual([false, null, 1]);
    const back = expect.stringMatching(/^EventStoreDB at a:1 answers again, after 3\d\.\d s\.$/);
    expect(said).toEqual([away, back]);
    await pass(20_000);
    expect(watch.presentForMs()).toBeGreaterThan(20_000);
    become('away');
    await append();
    expect(said).toEqual([away, back, away]);
  });

  it('notices that the store is away though nobody asks for anything', async () => {
    const { watch, said, become, pass } = aWatch();
    become('away');
    await pass(5_000);
    expect([watch.isAway, said]).toEqual([true, [away]]);
  });

  it('takes a store for away that does not even refuse, and asks it one thing at a time', async () => {
    const { watch, said, asked, become, append, pass } = aWatch();
    become('hanging');
    const failed = append();
    await turn();
    await pass(5_000);
    expect(await failed).toBeInstanceOf(EventStoreUnavailable);
    await pass(30_000);
    expect([watch.outage() !== null, asked.length]).toEqual([true, 1]);
    expect(said).toEqual([away.replace('it is not there', 'It timed out.')]);
  });

  it('takes a store that answers and fails again for one outage, in which it can still be read', async () => {
    const { watch, said, become, append, pass } = aWatch();
    become('full');
    for (let second = 0; second < 60; second += 5) {
      await append();
      expect([watch.isAway, watch.outage()]).toEqual([true, null]);
      await pass(5_000);
      expect(watch.isAway).toBe(false);
    }
    expect(said).toEqual([failing]);
    await pass(15_000);
    expect(said).toEqual([failing, expect.stringMatching(/^EventStoreDB at a:1 works again, after 5\d\.\d s\.$/)]);
  });

  it('says it when a store that only failed is away altogether', async () => {
    const { watch, said, become, append, pass } = aWatch();
    become('full');
    await append();
    become('away');
    await pass(2_000);
    expect([watch.outage() !== null, said]).toEqual([true, [failing, away]]);
  });

  it('keeps from the log what fails by an outage that was said, and nothing else', async () => {
    const { watch, said, become, append } = aWatch();
    const { log } = watch;
    log.error({ error: unavailable() }, 'before');
    become('away');
    await append();
    log.error({ error: unavailable() }, 'failed');
    log.warn({ error: unavailable() }, 'failed');
    log.error({ error: new Error('Something else.') }, 'something else');
    log.info({ error: unavailable() }, 'told');
    expect(said).toEqual(['before', away, 'something else', 'told']);
  });

  it('lets who waits go on in the order in which they came, those that had failed first', async () => {
    const { watch, become, append, pass, work } = aWatch();
    const done: number[] = [];
    const outlast = (one: number) =>
      watch.outlast(
        work(() => done.push(one)),
        never,
      );
    become('away');
    let tries = 0;
    // It hears of its failure only when all others wait.
    const first = watch.outlast(async () => {
      tries += 1;
      if (tries > 1) return void done.push(1);
      await append();
      throw unavailable();
    }, never);
    const waiting = [first, outlast(2), outlast(3)];
    await turn();
    waiting.push(outlast(4));
    await pass(10_000);
    expect(done).toEqual([]);
    become('there');
    await pass(2_000);
    await Promise.all(waiting);
    expect(done).toEqual([1, 2, 3, 4]);
  });

  it('hands on what else goes wrong, be it a stream that cannot be read', async () => {
    const { watch, said } = aWatch();
    const broken = new Error('Something else.');
    const damaged = new StreamUnreadable('The stream was deleted on the server.', { revision: 0 });
    await expect(watch.outlast(() => Promise.reject(broken), never)).rejects.toBe(broken);
    await expect(watch.outlast(() => Promise.reject(damaged), never)).rejects.toBe(damaged);
    expect([watch.isAway, said.length]).toEqual([false, 0]);
  });

  it('keeps nobody waiting who is stopped', async () => {
    const { watch, become, append, work } = aWatch();
    become('away');
    await append();
    const stopping = new AbortController();
    const refused = [0, 1].map(() =>
      expect(
        watch.outlast(
          work(() => {}),
          stopping.signal,
        ),
      ).rejects.toBeInstanceOf(EventStoreUnavailable),
    );
    stopping.abort();
    await Promise.all(refused);
  });

  it('keeps nobody waiting when it is stopped itself, and asks no more', async () => {
    const { watch, asked, become, pass, work } = aWatch();
    become('away');
    const waiting = watch.outlast(
      work(() => {}),
      never,
    );
    const refused = expect(waiting).rejects.toBeInstanceOf(EventStoreUnavailable);
    await pass(1_000);
    await watch.stop();
    await refused;
    const askedBefore = asked.length;
    await pass(10_000);
    expect(asked).toHaveLength(askedBefore);
  });
});
