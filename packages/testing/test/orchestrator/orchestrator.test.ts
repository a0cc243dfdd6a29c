import { rm } from 'node:fs/promises';
import { findBrokenLink, type RecordedEvent } from '@yardmaster/application';
import { isTerminal } from '@yardmaster/domain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stepStarted, stopped } from '../../src/build-history.ts';
import { type OrchestratorWorld, openOrchestratorWorld } from './orchestrator-world.ts';

let world: OrchestratorWorld;
beforeEach(async () => {
  world = await openOrchestratorWorld();
});
afterEach(() => world.stop());

const typesOf = (events: readonly RecordedEvent[]) => events.map(({ type }) => type);
const count = (events: readonly RecordedEvent[], type: string) => typesOf(events).filter((one) => one === type).length;

describe('the orchestrator', () => {
  it('takes a build from the queue to its end, every report recorded once and chained', async () => {
    const jobId = await world.request();
    const build = await world.worker('worker-1', { slots: 1 }).nextBuild();
    expect(build).toMatchObject({ jobId, attempt: 1 });
    await build.finish();
    const events = await world.until(jobId, 'BuildCompleted');
    expect(count(events, 'StepStarted')).toBe(5);
    expect(count(events, 'StepCompleted')).toBe(5);
    expect(events.filter(isTerminal)).toHaveLength(1);
    expect(findBrokenLink(events)).toBeNull();
  });

  it('releases the best waiting build first, and no more than there are slots', async () => {
    const low = await world.request({ priority: 1 });
    const high = await world.request({ priority: 9 });
    const middle = await world.request({ priority: 5 });
    const worker = world.worker('worker-1', { slots: 1 });
    const order: string[] = [];
    for (const _ of [low, middle, high]) {
      const build = await worker.nextBuild();
      order.push(build.jobId);
      const others = [low, middle, high].filter((id) => !order.includes(id));
      for (const id of others) expect(typesOf(await world.history(id))).not.toContain('BuildDispatched');
      await build.finish();
    }
    expect(order).toEqual([high, middle, low]);
  });

  it('settles a repeated report, and asks for a missing one', async () => {
    const jobId = await world.request();
    const build = await world.worker('worker-1', { slots: 1 }).nextBuild();
    const first = stepStarted('extract', { attempt: 1, seq: 1 });
    await build.report({ ...first, seq: 3 });
    expect(await build.told('resend-reports')).toMatchObject({ fromSeq: 1 });
    await build.report(first);
    await build.report(first);
    await build.finish();
    const events = await world.until(jobId, 'BuildCompleted');
    expect(count(events, 'StepStarted')).toBe(5);
  });

  it('gives the build of a worker that fell silent to another one, and ignores the first when it is back', async () => {
    const jobId = await world.request();
    const first = world.worker('worker-1', { slots: 1 });
    await first.nextBuild();
    await first.vanish();
    const lost = await world.until(jobId, 'WorkerLost');
    expect(typesOf(lost).slice(-2)).toEqual(['WorkerLost', 'RetryScheduled']);
    const second = await world.worker('worker-2', { slots: 1 }).nextBuild();
    expect(second).toMatchObject({ jobId, attempt: 2 });
    await second.finish();
    const events = await world.until(jobId, 'BuildCompleted');
    expect(events.filter(isTerminal)).toHaveLength(1);
  });

  it('notices at once that a worker was restarted, by its new session', async () => {
    const jobId = await world.request();
    const worker = world.worker('worker-1', { slots: 1 });
    await worker.nextBuild();
    await worker.vanish();
    const reborn = world.worker('worker-1', { slots: 1 });
    const again = await reborn.nextBuild();
    expect(again).toMatchObject({ jobId, attempt: 2 });
    const lost = (await world.history(jobId)).find(({ type }) => type === 'WorkerLost');
    expect(lost?.data).toMatchObject({ reason: 'The worker was restarted.' });
  });

  it('cancels a running build through its worker, and a waiting one by itself', async () => {
    const [running, waiting] = [await world.request(), await world.request()];
    const build = await world.worker('worker-1', { slots: 1 }).nextBuild();
    expect(build.jobId).toBe(running);
    const killed = { processes: [{ pid: 4_711, command: 'node' }], ports: [5_173], workspaceRemoved: true };
    await world.cancel(waiting);
    expect(typesOf(await world.history(waiting)).at(-1)).toBe('BuildCancelled');
    await world.cancel(running);
    expect(await build.told('stop-build')).toMatchObject({ reason: 'cancelled' });
    await build.report({ kind: 'stopped', attempt: 1, seq: 1, killedProcesses: 3, proven: true, killed });
    const events = await world.until(running, 'BuildCancelled');
    expect(events.at(-1)?.data).toEqual({ killedProcesses: 3, proven: true, killed });
  });

  it('ends a cancelled build whose worker is gone, and says that nothing was proven', async () => {
    const jobId = await world.request();
    const worker = world.worker('worker-1', { slots: 1 });
    await worker.nextBuild();
    await world.cancel(jobId);
    await worker.vanish();
    const events = await world.until(jobId, 'BuildCancelled');
    expect(events.at(-1)?.data).toEqual({ killedProcesses: 0, proven: false, killed: null });
  });

  it('goes on with what runs, dispatches what waits and keeps its timers after a restart of its own', async () => {
    const [held, waiting] = [await world.request(), await world.request()];
    const worker = world.worker('worker-1', { slots: 1 });
    const build = await worker.nextBuild();
    await build.report({ ...stepStarted('extract', { attempt: 1, seq: 1 }), timeoutMs: 1_500 });
    await world.until(held, 'StepStarted');
    await world.restartOrchestrator();
    const timedOut = await world.until(held, 'StepTimedOut');
    expect(typesOf(timedOut).slice(-2)).toEqual(['StepTimedOut', 'RetryScheduled']);
    expect(await build.told('stop-build')).toMatchObject({ reason: 'superseded' });
    const next = await worker.nextBuild();
    expect([held, waiting]).toContain(next.jobId);
    await next.finish();
    await (await worker.nextBuild()).finish();
    await world.until(held, 'BuildCompleted');
    await world.until(waiting, 'BuildCompleted');
  });

  it('loses nothing when nats-server dies and forgets everything', async () => {
    const jobs = [await world.request(), await world.request()];
    const worker = world.worker('worker-1', { slots: 1 });
    const build = await worker.nextBuild();
    await world.nats.kill();
    await rm(world.nats.jetStreamDir, { recursive: true });
    await world.nats.restart();
    await build.finish();
    await (await worker.nextBuild()).finish();
    for (const jobId of jobs) {
      const events = await world.until(jobId, 'BuildCompleted');
      expect(events.filter(isTerminal)).toHaveLength(1);
      expect(typesOf(events)).not.toContain('WorkerLost');
    }
  });

  it('takes a dispatch back when its worker is gone, and gives the build to the next one', async () => {
    const first = world.worker('worker-1', { slots: 1 });
    await world.request();
    await (await first.nextBuild()).finish();
    await first.vanish();
    const jobId = await world.request();
    const events = await world.until(jobId, 'DispatchWithdrawn');
    expect(typesOf(events).slice(-2)).toEqual(['BuildDispatched', 'DispatchWithdrawn']);
    const build = await world.worker('worker-2', { slots: 1 }).nextBuild();
    expect(build).toMatchObject({ jobId, attempt: 1 });
    await build.finish();
    await world.until(jobId, 'BuildCompleted');
  });

  it('sets a build aside whose history has drifted, waiting or running, also at its start, and goes on with the others', async () => {
    const running = await world.request();
    const worker = world.worker('worker-1', { slots: 1 });
    const build = await worker.nextBuild();
    const [waiting, good] = [await world.request({ priority: 9 }), await world.request({ priority: 1 })];
    await world.drift(waiting);
    await world.drift(running);
    await build.finish();
    await (await worker.nextBuild()).finish();
    await world.until(good, 'BuildCompleted');
    expect([(await world.history(running)).length, (await world.history(waiting)).length]).toEqual([5, 3]);
    await world.restartOrchestrator();
    const after = await world.request();
    await (await worker.nextBuild()).finish();
    await world.until(after, 'BuildCompleted');
  });

  it('releases a build at once that its worker handed back, and does not count it as an attempt', async () => {
    const jobId = await world.request();
    const worker = world.worker('worker-1', { slots: 1 });
    const build = await worker.nextBuild();
    await build.report({ ...stopped({ attempt: 1, seq: 1 }), kind: 'returned', killedProcesses: 1 });
    const again = await worker.nextBuild();
    expect(again).toMatchObject({ jobId, attempt: 2 });
    await again.finish();
    const types = typesOf(await world.until(jobId, 'BuildCompleted'));
    expect(types).toContain('BuildReturned');
    expect(types).not.toContain('RetryScheduled');
  });
});
