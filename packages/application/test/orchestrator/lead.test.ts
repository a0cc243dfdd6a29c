import { randomBytes, randomUUID } from 'node:crypto';
import { JobId, UserId, WebsiteId, WorkerId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import type { ControlMessage, Heartbeat } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createActors } from '../../src/actors.ts';
import { createArtifactTokens } from '../../src/artifact-tokens.ts';
import { listenToFleet } from '../../src/orchestrator/fleet.ts';
import { leadWhileElected } from '../../src/orchestrator/lead.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { silentLog } from '../../src/ports/log.ts';
import type { ArtifactStore, LeaderLease, OrchestratorMessaging } from '../../src/ports/messaging.ts';
import type { ReadModels } from '../../src/projections/read-models.ts';
import { requestBuild } from '../../src/use-cases/request-build.ts';
import { watchStore } from '../../src/watch-store.ts';
import { aBuildSource } from '../build-source.ts';
import { started } from '../projections/opened-read-models.ts';

function aLease() {
  const listeners = new Set<() => void>();
  let leading = false;
  const lease: LeaderLease = {
    get leading() {
      return leading;
    },
    leader: null,
    onChange(listener) {
      listeners.add(listener);
      listener();
      return { stop: async () => void listeners.delete(listener) };
    },
    note() {},
    noted: () => null,
    standAside: () => become(false),
    async stop() {},
  };
  function become(now: boolean): void {
    leading = now;
    for (const listener of [...listeners]) listener();
  }
  return {
    lease,
    become,
    /** It is over, and nobody was told yet. */
    runOut() {
      leading = false;
    },
  };
}

type Claim = Parameters<Parameters<OrchestratorMessaging['serveClaims']>[0]>[0];

function aMessaging() {
  const serving = new Set<Parameters<OrchestratorMessaging['serveClaims']>[0]>();
  const hearing = new Set<(heartbeat: Heartbeat) => void>();
  const told: ControlMessage[] = [];
  const published: JobId[] = [];
  const running = { async stop() {} };
  const messaging: OrchestratorMessaging = {
    connected: true,
    onConnectionChange(listener) {
      listener(true);
      return running;
    },
    publishWork: async (_, { jobId }) => void published.push(jobId),
    async withdrawWork() {},
    listWork: async () => [],
    serveClaims(handler) {
      serving.add(handler);
      return { stop: async () => void serving.delete(handler) };
    },
    consumeReports: () => running,
    onHeartbeat(handler) {
      hearing.add(handler);
      return { stop: async () => void hearing.delete(handler) };
    },
    sendControl: (_, message) => void told.push(message),
  };
  return {
    messaging,
    told,
    published,
    orchestrators: () => serving.size,
    claim: (claim: Claim) => Promise.all([...serving].map((handler) => handler(claim))),
    beat(heartbeat: Heartbeat) {
      for (const hear of hearing) hear(heartbeat);
    },
  };
}

/** A server with one build that waits, and read models that a test can hold up. */
async function aServer() {
  const clock = systemClock;
  const storeWatch = watchStore({ store: createMemoryEventStore(), describe: String, clock, log: silentLog });
  onTestFinished(() => storeWatch.stop());
  const { store } = storeWatch;
  const actors = createActors({ store, clock, newId: randomUUID, random: () => 0 });
  const jobId = JobId.parse(randomUUID());
  await requestBuild(actors, {
    owner: UserId.parse('owner'),
    website: { kind: 'new', id: WebsiteId.parse(randomUUID()), name: 'site' },
    jobId,
    source: aBuildSource(),
    preview: 'static',
    priority: 5,
  });
  const opened = await started(store);
  let waitFor: ReadModels['waitFor'] = opened.waitFor;
  let mark: ReadModels['mark'] = opened.mark;
  const readModels: ReadModels = {
    ...opened,
    waitFor: (...given) => waitFor(...given),
    mark: (...given) => mark(...given),
  };
  const { lease, become, runOut } = aLease();
  const wire = aMessaging();
  const listening = listenToFleet({ messaging: wire.messaging, clock });
  const leading = leadWhileElected({
    lease,
    storeWatch,
    actors,
    readModels,
    messaging: wire.messaging,
    fleet: listening.fleet,
    artifacts: { async *list() {} } as unknown as ArtifactStore, // Nothing else of it is asked for.
    artifactTokens: createArtifactTokens({ key: randomBytes(32), clock }),
    logs: { progress: () => ({ received: 0, missing: 0, end: 0 }), readAll: () => [] },
    clock,
  });
  onTestFinished(async () => {
    await leading.stop();
    await listening.stop();
  });
  return {
    ...wire,
    jobId,
    become,
    runOut,
    leading: () => lease.leading,
    stop: () => leading.stop(),
    runs: (count: number) => expect.poll(wire.orchestrators, { timeout: 20_000 }).toBe(count),
    /** Resolves when the marks were asked for in vain; from then on they can be read. */
    failNextMark(): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      mark = () => {
        mark = opened.mark;
        resolve();
        throw new Error('disk I/O error');
      };
      return promise;
    },
    /** How the read models answer whether they have caught up. Resolves when they are next asked. */
    catchingUp(answer: () => Promise<boolean>): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      waitFor = () => {
        resolve();
        return answer();
      };
      return promise;
    },
  };
}

describe('the orchestrator', () => {
  it('runs while its server leads, one at a time, and not while it stands by', async () => {
    const { become, runs, stop, orchestrators } = await aServer();
    expect(orchestrators()).toBe(0);
    become(true);
    await runs(1);
    become(false);
    await runs(0);
    become(true);
    become(false);
    become(true);
    await runs(1);
    await stop();
    expect(orchestrators()).toBe(0);
  });

  it('is started again and again until the read models show what the last leader did', async () => {
    const { become, runs, catchingUp } = await aServer();
    let tries = 0;
    void catchingUp(async () => {
      tries += 1;
      return tries >= 3;
    });
    become(true);
    await runs(1);
    expect(tries).toBeGreaterThanOrEqual(3);
  });

  it('is left to another server when it cannot be started here, and started when that did not help', async () => {
    const { become, catchingUp, runs, leading } = await aServer();
    void catchingUp(async () => false);
    become(true);
    await expect.poll(leading, { timeout: 20_000 }).toBe(false);
    await runs(0);
    void catchingUp(async () => true);
    become(true);
    await runs(1);
  });

  it('leaves nothing behind of a start that failed half-way', async () => {
    const { become, runs, failNextMark, stop, orchestrators } = await aServer();
    const failed = failNextMark();
    become(true);
    await failed;
    await runs(1);
    await stop();
    expect(orchestrators()).toBe(0);
  });

  it.each(['deposed', 'stopped'] as const)('is not started where its server is %s meanwhile', async (what) => {
    const { become, stop, catchingUp, orchestrators } = await aServer();
    const { promise: caughtUp, resolve } = Promise.withResolvers<boolean>();
    const asked = catchingUp(() => caughtUp);
    become(true);
    await asked;
    if (what === 'deposed') become(false);
    const stopped = what === 'stopped' ? stop() : null;
    resolve(true);
    await (stopped ?? stop());
    expect(orchestrators()).toBe(0);
  });

  it('grants, dispatches and says nothing from the moment at which the lease has run out', async () => {
    const { become, runOut, runs, beat, claim, jobId, told, published } = await aServer();
    become(true);
    await runs(1);
    const workerId = WorkerId.parse('worker-1');
    const workerSession = randomUUID();
    const unknown = { jobId: JobId.parse(randomUUID()), attempt: 1, lastReportSeq: 0 };
    const numbers = { seq: 1, slots: 2, freeSlots: 2, draining: false, pool: 'default' };
    runOut();
    beat({ workerId, workerSession, ...numbers, attempts: [unknown] });
    expect(await claim({ jobId, workerId, workerSession, attempt: 1, claimId: randomUUID() })).toEqual([null]);
    become(true);
    await expect.poll(() => published, { timeout: 20_000 }).toEqual([jobId]);
    expect(told).toEqual([]);
    beat({ workerId, workerSession, ...numbers, attempts: [unknown] });
    await expect.poll(() => told[0]).toMatchObject({ type: 'stop-build', jobId: unknown.jobId, reason: 'superseded' });
  });
});
