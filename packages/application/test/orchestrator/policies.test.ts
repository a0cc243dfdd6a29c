import { randomUUID } from 'node:crypto';
import { ArtifactId, JobId, NewerSchemaVersion, type Report, UserId, WebsiteId, WorkerId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createActors } from '../../src/actors.ts';
import { maxSealsAtOnce, runPolicies } from '../../src/orchestrator/policies.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { EventStoreUnavailable, type Position } from '../../src/ports/event-store.ts';
import { requestBuild } from '../../src/use-cases/request-build.ts';
import { aBuildSource } from '../build-source.ts';
import { recordingLog } from '../projections/opened-read-models.ts';
import { aPresentStore } from './present-store.ts';

const owner = UserId.parse('owner');
const workerId = WorkerId.parse('worker-1');
const byTest = { actor: { kind: 'system', name: 'test' } } as const;
const usage = { durationMs: 1, exitCode: 0, cpuMs: null, peakMemoryBytes: null };

function aWorld() {
  const store = createMemoryEventStore();
  const actors = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  const { log, errors } = recordingLog();
  const sealed: JobId[] = [];
  let seal = async (_: JobId): Promise<void> => {};
  let position: Position | null = null;

  const handle = async (jobId: JobId, command: Parameters<typeof actors.buildJob.handle>[1]) => {
    const result = await actors.buildJob.handle(jobId, command, byTest);
    if (!result.ok) throw new Error(result.rejection.message);
  };
  /** A build of a website of its own that has just published its output. */
  async function published(): Promise<JobId> {
    const jobId = JobId.parse(randomUUID());
    const website = { kind: 'new', id: WebsiteId.parse(randomUUID()), name: 'site' } as const;
    await requestBuild(actors, { owner, website, jobId, source: aBuildSource(), preview: 'static', priority: 5 });
    await handle(jobId, { type: 'DispatchBuild', pool: 'default' });
    const claim = { attempt: 1, workerId, workerSession: 's', claimId: 'c', leaseMs: 4_000 };
    await handle(jobId, { type: 'ClaimBuild', ...claim });
    let seq = 0;
    const report = async (made: object) => {
      seq += 1;
      await handle(jobId, { type: 'RecordReport', workerId, report: { attempt: 1, seq, ...made } as Report });
    };
    for (const step of ['extract', 'install', 'typecheck', 'bundle'] as const) {
      await report({ kind: 'step-started', step, timeoutMs: 60_000 });
      await report({ kind: 'step-completed', step, outcome: 'done', detail: null, ...usage });
    }
    const artifactId = ArtifactId.parse(`output-${jobId}`);
    await report({ kind: 'output-published', artifactId, files: 1, sizeBytes: 1, spa: false });
    return jobId;
  }
  return {
    store,
    actors,
    errors,
    sealed,
    published,
    handle,
    cancel: async (jobId: JobId) => {
      await handle(jobId, { type: 'CancelBuild', reason: null });
      await actors.buildJob.handle(
        jobId,
        { type: 'DeclareWorkerLost', attempt: 1, workerId, reason: 'gone', alone: false },
        byTest,
      );
    },
    sealWith(next: (jobId: JobId) => Promise<void>) {
      seal = next;
    },
    mark: () => position,
    /** Forgets how far the policies were, as a lost read model does. */
    forgetMark() {
      position = null;
    },
    run(changes: Partial<Parameters<typeof runPolicies>[0]> = {}) {
      const running = runPolicies({
        store,
        actors,
        storeWatch: aPresentStore(systemClock),
        clock: systemClock,
        log,
        async sealLog(jobId) {
          await seal(jobId);
          sealed.push(jobId);
        },
        mark: {
          read: () => position,
          write(reached) {
            position = reached;
          },
        },
        ...changes,
      });
      onTestFinished(() => running.stop());
      return running;
    },
    previewEvents: async (jobId: JobId) => (await store.readStream(`preview-${jobId}`)).map(({ type }) => type),
    caughtUp: () => vi.waitFor(async () => expect(position).toBe(await store.lastPosition()), 10_000),
  };
}

describe('the policies', () => {
  it('start the preview of a published output, stop it when the build is cancelled, and seal its log', async () => {
    const world = aWorld();
    world.run();
    const jobId = await world.published();
    await world.caughtUp();
    expect(await world.previewEvents(jobId)).toEqual(['PreviewStarted']);
    await world.cancel(jobId);
    await world.caughtUp();
    expect(await world.previewEvents(jobId)).toEqual(['PreviewStarted', 'PreviewStopped']);
    expect(world.sealed).toEqual([jobId]);
  });

  it('repeat themselves harmlessly when they begin anew: no preview that was stopped comes back', async () => {
    const world = aWorld();
    const [jobId, cancelled] = [await world.published(), await world.published()];
    const first = world.run();
    await world.caughtUp();
    await world.cancel(cancelled);
    await world.actors.preview.handle(jobId, { type: 'StopPreview', reason: 'Somebody said so.' }, byTest);
    await world.caughtUp();
    await first.stop();
    const before = await world.store.lastPosition();
    world.forgetMark();
    world.run();
    await world.caughtUp();
    expect(await world.store.lastPosition()).toBe(before);
    expect(await world.previewEvents(jobId)).toEqual(['PreviewStarted', 'PreviewStopped']);
  });

  it('keep their mark before a log that is still being sealed, and seal it again after a restart', async () => {
    const world = aWorld();
    const sealing = Promise.withResolvers<void>();
    const slow = await world.published();
    await world.cancel(slow);
    world.sealWith((jobId) => (jobId === slow ? sealing.promise : Promise.resolve()));
    const first = world.run();
    const quick = await world.published();
    await world.cancel(quick);
    await vi.waitFor(() => expect(world.sealed).toEqual([quick]), 10_000);
    const [ended] = (await world.store.readStream(`buildJob-${slow}`)).slice(-1);
    await vi.waitFor(() => expect(world.mark()).not.toBeNull(), 10_000);
    const mark = world.mark();
    if (mark === null || ended === undefined) throw new Error('There are both.');
    expect(world.store.comparePositions(mark, ended.position)).toBeLessThan(0);
    const stopped = first.stop();
    sealing.reject(new Error('interrupted'));
    await stopped;
    world.sealWith(async () => {});
    world.run();
    await world.caughtUp();
    expect(world.sealed).toContain(slow);
  });

  it('react to the next event only after they could react to this one', async () => {
    const world = aWorld();
    let failures = 2;
    const handle: typeof world.actors.preview.handle = async (...args) => {
      failures -= 1;
      if (failures >= 0) throw new Error('Something broke.');
      return await world.actors.preview.handle(...args);
    };
    world.run({ actors: { ...world.actors, preview: { ...world.actors.preview, handle } } });
    const jobId = await world.published();
    await world.caughtUp();
    expect(await world.previewEvents(jobId)).toEqual(['PreviewStarted']);
    expect(world.errors).toHaveLength(2);
  });

  it('pass over a build whose history has drifted, and serve the others', async () => {
    const world = aWorld();
    const drifted = await world.published();
    const history = await world.store.readStream(`buildJob-${drifted}`);
    const [last] = history.slice(-1);
    if (last === undefined) throw new Error('It has a history.');
    const again = { ...last.metadata, eventId: randomUUID(), revision: last.revision + 1 };
    const output = { type: last.type, data: last.data, metadata: again };
    await world.store.append(`buildJob-${drifted}`, last.revision, [output]);
    const fresh = createActors({ store: world.store, clock: systemClock, newId: randomUUID, random: () => 0 });
    const good = await world.published();
    world.run({ actors: fresh });
    await world.caughtUp();
    expect(await world.previewEvents(good)).toEqual(['PreviewStarted']);
    expect(world.errors[0]?.message).toContain('passed over');
  });

  it.each([
    ['that a newer program recorded', { schemaVersion: 99 }, { files: 1 }, NewerSchemaVersion],
    ['whose data are no output', {}, { files: 'many' }, z.ZodError],
  ])('pass over an output %s, say so once, and serve the others', async (_what, metadata, data, cause) => {
    const world = aWorld();
    const stored = await world.published();
    const subscribeToAll: typeof world.store.subscribeToAll = async function* (options) {
      for await (const batch of world.store.subscribeToAll(options)) {
        yield batch.map((event) => {
          if (event.stream !== `buildJob-${stored}` || event.type !== 'OutputPublished') return event;
          const all = { ...(event.data as object), ...data };
          return { ...event, data: all, metadata: { ...event.metadata, ...metadata } };
        });
      }
    };
    const good = await world.published();
    world.run({ store: { ...world.store, subscribeToAll } });
    await world.caughtUp();
    expect([await world.previewEvents(stored), await world.previewEvents(good)]).toEqual([[], ['PreviewStarted']]);
    expect(world.errors).toEqual([
      expect.objectContaining({
        message: expect.stringContaining('passed over'),
        fields: expect.objectContaining({ error: expect.objectContaining({ cause: expect.any(cause) }) }),
      }),
    ]);
  });

  it('go on where they were when the event store ends their subscription', async () => {
    const world = aWorld();
    let subscriptions = 0;
    const subscribeToAll: typeof world.store.subscribeToAll = (options) => {
      subscriptions += 1;
      if (subscriptions > 1) return world.store.subscribeToAll(options);
      return (async function* () {
        for await (const batch of world.store.subscribeToAll(options)) {
          yield batch;
          throw new EventStoreUnavailable('The connection broke.');
        }
      })();
    };
    world.run({ store: { ...world.store, subscribeToAll } });
    const jobId = await world.published();
    await world.caughtUp();
    expect([subscriptions, await world.previewEvents(jobId)]).toEqual([2, ['PreviewStarted']]);
  });

  it('seal only so many logs at one time', async () => {
    const world = aWorld();
    const gate = Promise.withResolvers<void>();
    let [now, most] = [0, 0];
    world.sealWith(async () => {
      now += 1;
      most = Math.max(most, now);
      await gate.promise;
      now -= 1;
    });
    const jobs = await Promise.all(Array.from({ length: maxSealsAtOnce + 20 }, () => world.published()));
    await Promise.all(jobs.map((jobId) => world.cancel(jobId)));
    world.run();
    await vi.waitFor(() => expect(now).toBe(maxSealsAtOnce), 10_000);
    gate.resolve();
    await world.caughtUp();
    expect([most, world.sealed.length]).toEqual([maxSealsAtOnce, jobs.length]);
  });
});
