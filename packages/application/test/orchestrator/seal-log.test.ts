import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type ArtifactId, JobId, UserId, WebsiteId, WorkerId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import type { LogLineView } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { createActors } from '../../src/actors.ts';
import { sealLog } from '../../src/orchestrator/seal-log.ts';
import { type Clock, systemClock } from '../../src/ports/clock.ts';
import type { ArtifactStore } from '../../src/ports/messaging.ts';
import { requestBuild } from '../../src/use-cases/request-build.ts';
import { aBuildSource } from '../build-source.ts';

const workerId = WorkerId.parse('worker-1');
const byTest = { actor: { kind: 'system', name: 'test' } } as const;

const aLine = (n: number): LogLineView => {
  const at = '2026-01-01T12:00:00.000Z';
  return { n, at, step: 'install', stream: 'stdout', text: `line ${n} ${'x'.repeat(100)}`, attempt: 1 };
};

/** A clock whose timers are due at once, so that only the number of looks counts. */
function impatientClock(): Clock & { readonly elapsedMs: () => number; whileWaiting(work: () => Promise<void>): void } {
  let elapsedMs = 0;
  let work = async () => {};
  return {
    now: systemClock.now,
    monotonicMs: () => elapsedMs,
    elapsedMs: () => elapsedMs,
    setTimer(delayMs, callback) {
      elapsedMs += delayMs;
      const turn = setImmediate(() => void work().then(callback));
      return { cancel: () => clearImmediate(turn) };
    },
    whileWaiting(next) {
      work = next;
    },
  };
}

async function aWorld({ claimed = true } = {}) {
  const store = createMemoryEventStore();
  const actors = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  const jobId = JobId.parse(randomUUID());
  const website = { kind: 'new', id: WebsiteId.parse(randomUUID()), name: 'site' } as const;
  const owner = UserId.parse('owner');
  await requestBuild(actors, { owner, website, jobId, source: aBuildSource(), preview: 'static', priority: 5 });
  if (claimed) {
    await actors.buildJob.handle(jobId, { type: 'DispatchBuild', pool: 'default' }, byTest);
    const claim = { attempt: 1, workerId, workerSession: 's', claimId: 'c', leaseMs: 4_000 };
    await actors.buildJob.handle(jobId, { type: 'ClaimBuild', ...claim }, byTest);
  }
  const clock = impatientClock();
  const kept = new Map<ArtifactId, Buffer>();
  const artifacts: Pick<ArtifactStore, 'putContent' | 'delete'> = {
    async putContent(id, content) {
      const made = Buffer.concat(await Array.fromAsync(content));
      if (!kept.has(id)) kept.set(id, made);
      return { sizeBytes: made.length };
    },
    async delete(id) {
      kept.delete(id);
    },
  };
  const log = { lines: [] as LogLineView[], end: null as number | null, missing: 0 };
  const logs = {
    progress: () => ({ received: log.lines.length, missing: log.missing, end: log.end }),
    readAll: () => log.lines,
  };
  // Nothing else of the artifact store is called.
  const world = { actors, logs, artifacts: artifacts as ArtifactStore, clock, sealer: 'leader-1' };
  return {
    actors,
    clock,
    log,
    seal: (signal = new AbortController().signal) => sealLog(world, jobId, signal),
    /** A leader that has received other lines. */
    sealAsAnother(lines: readonly LogLineView[]): Promise<void> {
      const received = { progress: () => ({ received: lines.length, missing: 0, end: lines.length }) };
      const another = { ...world, sealer: 'leader-2', logs: { ...received, readAll: () => lines } };
      return sealLog(another, jobId, new AbortController().signal);
    },
    sealed: async () => (await store.readStream(`log-${jobId}`)).map(({ data }) => data),
    /** What the artifact holds that is on record. */
    async linesKept() {
      const [seal] = await store.readStream(`log-${jobId}`);
      if (seal === undefined) return [];
      const { artifactId } = seal.data as { readonly artifactId: ArtifactId };
      const text = gunzipSync(kept.get(artifactId) ?? Buffer.alloc(0)).toString();
      return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
    },
    artifactsKept: () => kept.size,
    /** What the next append to the log's stream meets. */
    failNextRecord() {
      const { handle } = actors.log;
      Object.assign(actors.log, {
        handle: async () => {
          Object.assign(actors.log, { handle });
          throw new Error('The event store is away.');
        },
      });
    },
  };
}

describe('sealing a log', () => {
  it('keeps every line in order, once', async () => {
    const world = await aWorld();
    world.log.lines = Array.from({ length: 5_000 }, (_, index) => aLine(index + 1));
    world.log.end = 5_000;
    await world.seal();
    await world.seal();
    expect(await world.sealed()).toMatchObject([{ lines: 5_000, missingLines: 0 }]);
    expect(await world.linesKept()).toEqual(world.log.lines);
    expect(world.artifactsKept()).toBe(1);
    expect(world.clock.elapsedMs()).toBe(0);
  });

  it('waits bounded for lines that do not come, and records how many are missing', async () => {
    const world = await aWorld();
    world.log.lines = [aLine(1)];
    world.log.end = 4;
    await world.seal();
    expect(await world.sealed()).toMatchObject([{ lines: 1, missingLines: 3 }]);
    expect(world.clock.elapsedMs()).toBe(5_000);
  });

  it('seals an empty log at once when the build never began', async () => {
    const world = await aWorld({ claimed: false });
    await world.seal();
    expect(await world.sealed()).toMatchObject([{ lines: 0, missingLines: 0 }]);
    expect(world.clock.elapsedMs()).toBe(0);
  });

  it('replaces what an interrupted try has put, so that the record says what is kept', async () => {
    const world = await aWorld();
    world.log.lines = [aLine(1)];
    world.log.end = 1;
    world.failNextRecord();
    await expect(world.seal()).rejects.toThrow('away');
    world.log.lines = [aLine(1), aLine(2)];
    await world.seal();
    expect(await world.sealed()).toMatchObject([{ lines: 2 }]);
    expect(await world.linesKept()).toEqual(world.log.lines);
    expect(world.artifactsKept()).toBe(1);
  });

  it('leaves what another leader has sealed meanwhile as it is recorded', async () => {
    const world = await aWorld();
    world.log.lines = [aLine(1)];
    const all = [aLine(1), aLine(2)];
    world.clock.whileWaiting(() => world.sealAsAnother(all));
    await world.seal();
    expect(await world.sealed()).toMatchObject([{ lines: 2, missingLines: 0 }]);
    expect(await world.linesKept()).toEqual(all);
  });

  it('gives up its wait when it is told to stop', async () => {
    const world = await aWorld();
    const stopping = new AbortController();
    const sealing = world.seal(stopping.signal);
    stopping.abort(new Error('stopping'));
    await expect(sealing).rejects.toThrow('stopping');
    expect(await world.sealed()).toEqual([]);
  });
});
