import { randomBytes, randomUUID } from 'node:crypto';
import { JobId, type Report, UserId, WebsiteId, WorkerId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import type { ControlMessage } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { stepCompleted, stepStarted } from '../../../testing/src/build-history.ts';
import { createActors } from '../../src/actors.ts';
import { createArtifactTokens } from '../../src/artifact-tokens.ts';
import { listenToFleet } from '../../src/orchestrator/fleet.ts';
import { startOrchestrator } from '../../src/orchestrator/orchestrator.ts';
import { type EventStore, EventStoreUnavailable, StreamUnreadable } from '../../src/ports/event-store.ts';
import type { ArtifactStore, OrchestratorMessaging } from '../../src/ports/messaging.ts';
import { requestBuild } from '../../src/use-cases/request-build.ts';
import { watchStore } from '../../src/watch-store.ts';
import { aBuildSource } from '../build-source.ts';
import { createManualClock } from '../projections/manual-clock.ts';
import { started } from '../projections/opened-read-models.ts';

const workerId = WorkerId.parse('worker-1');
const workerSession = randomUUID();
const tickMs = 100;
const heartbeatEveryMs = 500;
const away = 'The event store cannot be reached: it is restarting. Nothing can be recorded until it is back.';
const back = expect.stringMatching(/^The event store answers again, after \d+\.\d s\.$/);

/**
 * An event store that a test takes away. `losing`: it appends what it is given, and nobody hears of it; `full`: it can be
 * read, and stores nothing.
 */
function anEventStore() {
  const memory = createMemoryEventStore();
  let condition: 'present' | 'away' | 'losing' | 'full' = 'present';
  let callsInVain = 0;
  let deleted = '';
  const reach = (stream = '') => {
    if (deleted !== '' && stream === deleted) throw new StreamUnreadable('The stream was deleted.', { revision: 0 });
    if (condition !== 'away') return;
    callsInVain += 1;
    throw new EventStoreUnavailable('it is restarting');
  };
  const store: EventStore = {
    ...memory,
    async append(...args) {
      reach(args[0]);
      if (condition === 'full') throw new EventStoreUnavailable('its disk is full');
      const result = await memory.append(...args);
      if (condition === 'losing') throw new EventStoreUnavailable('The answer was lost.');
      return result;
    },
    async readStream(...args) {
      reach(args[0]);
      return await memory.readStream(...args);
    },
    async lastPosition() {
      reach();
      return await memory.lastPosition();
    },
  };
  return {
    store,
    become(next: typeof condition) {
      condition = next;
    },
    /** Somebody has deleted the stream of a build in the store. */
    deleteStreamOf(jobId: JobId) {
      deleted = `buildJob-${jobId}`;
    },
    callsInVain: () => callsInVain,
    types: async (jobId: JobId) => (await memory.readStream(`buildJob-${jobId}`)).map(({ type }) => type),
  };
}

/** What comes from one worker, and what goes to it: always there, as the event store is not. */
function aWorker() {
  type Handlers = {
    -readonly [Name in 'serveClaims' | 'onHeartbeat']: Parameters<OrchestratorMessaging[Name]>[0];
  } & { report: Parameters<OrchestratorMessaging['consumeReports']>[0]['handler'] };
  const handlers = {} as Handlers; // Filled when the orchestrator starts, before anything is sent.
  const running = { async stop() {} };
  const queue = new Set<JobId>();
  const told: ControlMessage[] = [];
  const attempts = new Map<JobId, { jobId: JobId; attempt: number; lastReportSeq: number }>();
  const messaging: OrchestratorMessaging = {
    connected: true,
    onConnectionChange(listener) {
      listener(true);
      return running;
    },
    publishWork: async (_, { jobId }) => void queue.add(jobId),
    withdrawWork: async (_, jobId) => void queue.delete(jobId),
    listWork: async () => [...queue],
    serveClaims(handler) {
      handlers.serveClaims = handler;
      return running;
    },
    consumeReports({ handler }) {
      handlers.report = handler;
      return running;
    },
    onHeartbeat(handler) {
      handlers.onHeartbeat = handler;
      return running;
    },
    sendControl: (_, message) => void told.push(message),
  };
  return {
    messaging,
    queue,
    told: (type: ControlMessage['type']) => told.filter((message) => message.type === type),
    async claim(jobId: JobId, claimId = randomUUID()) {
      const reply = await handlers.serveClaims({ workerId, jobId, attempt: 1, workerSession, claimId });
      if (reply?.granted !== true) return reply;
      attempts.set(jobId, { jobId, attempt: 1, lastReportSeq: 0 });
      queue.delete(jobId);
      return reply;
    },
    report: (jobId: JobId, report: Report) => handlers.report({ workerId, jobId, report, sequence: report.seq }),
    beat() {
      const busy = [...attempts.values()];
      const numbers = { seq: 1, slots: 4, freeSlots: 4 - busy.length };
      handlers.onHeartbeat({ workerId, workerSession, pool: 'default', draining: false, attempts: busy, ...numbers });
    },
  };
}

async function aWorld() {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const events = anEventStore();
  const worker = aWorker();
  const said: string[] = [];
  const say = (_: unknown, message: string) => void said.push(message);
  const storeWatch = watchStore({
    store: events.store,
    describe: (error) => (error as Error).message,
    clock,
    log: { info: say, warn: say, error: say },
  });
  onTestFinished(() => storeWatch.stop());
  const { store } = storeWatch;
  const actors = createActors({ store, clock, newId: randomUUID, random: () => 0 });
  const readModels = await started(store, { clock });
  const { messaging } = worker;
  const listening = listenToFleet({ messaging, clock });
  onTestFinished(() => listening.stop());
  const orchestrator = await startOrchestrator({
    storeWatch,
    actors,
    readModels,
    messaging,
    fleet: listening.fleet,
    marks: { read: readModels.mark, write: readModels.setMark },
    artifacts: { async *list() {} } as unknown as ArtifactStore, // Nothing else of it is asked for.
    artifactTokens: createArtifactTokens({ key: randomBytes(32), clock }),
    logs: { progress: () => ({ received: 0, missing: 0, end: 0 }), readAll: () => [] },
    clock,
  });
  onTestFinished(() => orchestrator.stop());
  let isAlive = true;
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += tickMs) {
      clock.advance(tickMs);
      if (isAlive && clock.monotonicMs() % heartbeatEveryMs === 0) worker.beat();
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const request = async () => {
    const [id, jobId] = [WebsiteId.parse(randomUUID()), JobId.parse(randomUUID())];
    const website = { kind: 'new', id, name: `site ${id.slice(0, 8)}` } as const;
    const owner = UserId.parse('owner');
    await requestBuild(actors, { owner, website, jobId, source: aBuildSource(), preview: 'static', priority: 5 });
    return jobId;
  };
  return {
    ...events,
    ...worker,
    said,
    pass,
    request,
    /** A build that the worker has, in its first step, which may take ten seconds. */
    async building() {
      const jobId = await request();
      await pass(1_000);
      await worker.claim(jobId);
      await worker.report(jobId, { ...stepStarted('extract', { attempt: 1, seq: 1 }), timeoutMs: 10_000 });
      await pass(1_000);
      return jobId;
    },
    fallSilent() {
      isAlive = false;
    },
  };
}

describe('while the event store is away, the orchestrator', () => {
  it('keeps what workers report, and takes no step for late and no worker for lost', async () => {
    const { building, become, report, pass, types, told, said } = await aWorld();
    const jobId = await building();
    const before = await types(jobId);
    become('away');
    const reported = [
      report(jobId, stepCompleted('extract', { attempt: 1, seq: 2 })),
      report(jobId, stepStarted('install', { attempt: 1, seq: 3 })),
    ];
    await pass(30_000);
    reported.push(report(jobId, stepCompleted('install', { attempt: 1, seq: 4 })));
    await pass(10_000);
    expect(await types(jobId)).toEqual(before);
    become('present');
    await pass(10_000);
    await Promise.all(reported);
    expect(await types(jobId)).toEqual([...before, 'StepCompleted', 'StepStarted', 'StepCompleted']);
    expect(told('resend-reports')).toEqual([]);
    expect(told('stop-build')).toEqual([]);
    expect(said).toEqual([away, back]);
  });

  it('says so once and asks now and then, however much waits for it', async () => {
    const { building, request, become, report, pass, said, callsInVain, claim } = await aWorld();
    const running = [await building(), await building(), await building()];
    const waiting = await request();
    become('away');
    const reported = running.map((jobId) => report(jobId, stepCompleted('extract', { attempt: 1, seq: 2 })));
    for (let claims = 0; claims < 100; claims++) expect(await claim(waiting)).toBeNull();
    await pass(60_000);
    expect(callsInVain()).toBeLessThan(60);
    expect(said).toEqual([away]);
    become('present');
    await pass(20_000);
    await Promise.all(reported);
    expect(said).toEqual([away, back]);
  });

  it('tells a full disk once until it has long been gone, and answers claims as soon as it is', async () => {
    const { building, request, become, report, pass, said, types, claim } = await aWorld();
    const running = await building();
    const waiting = await request();
    await pass(1_000);
    become('full');
    const reported = report(running, stepCompleted('extract', { attempt: 1, seq: 2 }));
    const claimId = randomUUID();
    for (let second = 0; second < 60; second++) {
      await pass(1_000);
      expect(await claim(waiting, claimId)).toBeNull();
    }
    const full = 'The event store answers but fails: its disk is full. What needs it waits, and nothing is lost.';
    expect(said).toEqual([full]);
    become('present');
    await pass(2_500);
    await reported;
    expect(await claim(waiting, claimId)).toMatchObject({ granted: true });
    await pass(10_000);
    expect(said).toEqual([full]);
    await pass(5_000);
    expect(said).toEqual([full, expect.stringMatching(/^The event store works again, after 6\d\.\d s\.$/)]);
    expect((await types(running)).filter((type) => type === 'StepCompleted')).toHaveLength(1);
  });

  it('answers no claim, and grants it as soon as it can be recorded', async () => {
    const { request, pass, become, claim, types } = await aWorld();
    const jobId = await request();
    await pass(1_000);
    become('away');
    const claimId = randomUUID();
    expect(await claim(jobId, claimId)).toBeNull();
    await pass(5_000);
    expect(await claim(jobId, claimId)).toBeNull();
    become('present');
    await pass(2_000);
    expect(await claim(jobId, claimId)).toMatchObject({ granted: true });
    expect((await types(jobId)).filter((type) => type === 'BuildClaimed')).toHaveLength(1);
  });

  it('grants a claim once whose recording it never heard of', async () => {
    const { request, pass, become, claim, types } = await aWorld();
    const jobId = await request();
    await pass(1_000);
    become('losing');
    const claimId = randomUUID();
    expect(await claim(jobId, claimId)).toBeNull();
    become('away');
    await pass(5_000);
    become('present');
    await pass(2_000);
    expect(await claim(jobId, claimId)).toMatchObject({ granted: true });
    await pass(10_000);
    expect((await types(jobId)).slice(-2)).toEqual(['BuildDispatched', 'BuildClaimed']);
  });

  it('gives up a worker that died meanwhile, a lease after the store is back', async () => {
    const { building, fallSilent, become, pass, types } = await aWorld();
    const jobId = await building();
    become('away');
    fallSilent();
    await pass(30_000);
    become('present');
    await pass(4_000);
    expect(await types(jobId)).not.toContain('WorkerLost');
    await pass(4_000);
    expect(await types(jobId)).toContain('WorkerLost');
  });

  it('dispatches what waits as soon as the store is back', async () => {
    const { request, become, pass, queue, types } = await aWorld();
    const jobId = await request();
    become('away');
    await pass(20_000);
    expect([...queue]).toEqual([]);
    become('present');
    await pass(2_500);
    expect([...queue]).toEqual([jobId]);
    expect((await types(jobId)).at(-1)).toBe('BuildDispatched');
  });
});

describe('beside a build whose stream the store cannot give back, the orchestrator', () => {
  it('goes on with all others, and takes the store for present', async () => {
    const { building, request, deleteStreamOf, report, pass, claim, said, told, types } = await aWorld();
    const lost = await building();
    const sound = await request();
    await pass(1_000);
    deleteStreamOf(lost);
    const reported = report(lost, stepCompleted('extract', { attempt: 1, seq: 2 }));
    await pass(1_000);
    await reported;
    expect(await claim(sound)).toMatchObject({ granted: true });
    await report(sound, stepStarted('extract', { attempt: 1, seq: 1 }));
    await pass(30_000);
    expect((await types(sound)).at(-1)).toBe('StepStarted');
    // The worker need not keep what nobody can record.
    expect(told('reports-settled')).toContainEqual(expect.objectContaining({ jobId: lost, upToSeq: 2 }));
    expect(new Set(said)).toEqual(
      new Set(['The history of a build has drifted or is damaged: it is set aside, and others go on.']),
    );
    expect(said.length).toBeLessThan(5);
  });
});
