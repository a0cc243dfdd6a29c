import { randomUUID } from 'node:crypto';
import { JobId, WorkerId } from '@yardmaster/domain';
import type { ControlMessage, Heartbeat } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import type { Actors } from '../../src/actors.ts';
import { createFleet, leaseMs } from '../../src/orchestrator/fleet.ts';
import { createOpenJobs } from '../../src/orchestrator/open-jobs.ts';
import { watchWorkers } from '../../src/orchestrator/watch-workers.ts';
import type { OrchestratorMessaging } from '../../src/ports/messaging.ts';
import { recordingLog } from '../projections/opened-read-models.ts';
import { aPresentStore } from './present-store.ts';

const workerId = WorkerId.parse('worker-1');
const workerSession = randomUUID();
const tickMs = 500;

const attempt = 1;

/** Builds that a worker has, and a clock that a test moves. */
function aWatch({ builds = 1 }: { readonly builds?: number } = {}) {
  const jobIds = Array.from({ length: builds }, () => JobId.parse(randomUUID()));
  let nowMs = 0;
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    setTimer: () => ({ cancel() {} }),
  };
  const openJobs = createOpenJobs();
  for (const id of jobIds) {
    openJobs.update({
      ...{ id, state: 'running', revision: 4, priority: 5, queuedAtMs: 0 },
      ...{ attempt, workerId, workerSession },
    });
  }
  const fleet = createFleet({ clock });
  fleet.connectionChanged(true);
  const lost: { readonly reason: string; readonly alone: boolean }[] = [];
  const told: ControlMessage[] = [];
  /** What the log says of builds that this server has not seen yet. */
  const granted = new Map<JobId, { readonly attempt: number; readonly workerSession: string }>();
  const buildJob = {
    async handle(_: JobId, { reason, alone }: (typeof lost)[number]) {
      lost.push({ reason, alone });
      return { ok: false };
    },
    async load(id: JobId) {
      return { state: { value: granted.has(id) ? 'running' : 'queued', context: granted.get(id) ?? {} } };
    },
  };
  const watch = watchWorkers({
    actors: { buildJob } as unknown as Actors,
    openJobs: { ...openJobs, updateFrom: openJobs.remove },
    fleet,
    messaging: {
      connected: true,
      sendControl: (_: WorkerId, message: ControlMessage) => void told.push(message),
    } as unknown as OrchestratorMessaging,
    storeWatch: aPresentStore(clock),
    clock,
    log: recordingLog().log,
  });
  /** Resolves when all that is said to the worker in answer was said. */
  const beat = (listed: readonly JobId[] = jobIds, session = workerSession) => {
    const attempts = listed.map((jobId) => ({ jobId, attempt, lastReportSeq: 3 }));
    const heartbeat = {
      ...{ workerId, workerSession: session, pool: 'default', slots: 1, draining: false },
      attempts,
    } as unknown as Heartbeat;
    fleet.record(heartbeat);
    return watch.heard(heartbeat);
  };
  return {
    jobIds,
    lost,
    told,
    granted,
    beat,
    reasons: () => lost.map(({ reason }) => reason),
    pass(ms: number) {
      nowMs += ms;
    },
    sweep: () => watch.sweep(),
    /** Time goes by as it does in a process that runs. */
    async quietFor(ms: number) {
      for (let passed = 0; passed < ms; passed += tickMs) {
        nowMs += tickMs;
        await watch.sweep();
      }
    },
  };
}

describe('the watch over workers', () => {
  it('declares an attempt lost once its worker was silent for a lease', async () => {
    const { beat, quietFor, lost } = aWatch();
    await beat();
    await quietFor(leaseMs);
    expect(lost).toEqual([]);
    await quietFor(tickMs);
    expect(lost).toEqual([{ reason: 'It sent no heartbeat for 4 s.', alone: true }]);
  });

  it('counts no silence of a time when it did not run itself', async () => {
    const { beat, quietFor, pass, sweep, lost } = aWatch();
    await beat();
    await quietFor(tickMs);
    pass(20_000);
    await sweep();
    await beat();
    await quietFor(leaseMs);
    expect(lost).toEqual([]);
  });

  it('gives a worker that fell silent meanwhile one more lease, and no longer', async () => {
    const { beat, quietFor, pass, sweep, reasons } = aWatch();
    await beat();
    await quietFor(tickMs);
    pass(20_000);
    await sweep();
    await quietFor(leaseMs + tickMs);
    expect(reasons()).toEqual(['It sent no heartbeat for 4 s.']);
  });

  it('says of builds that were lost with one worker that none was alone, though one is found lost later', async () => {
    const { beat, jobIds, quietFor, lost } = aWatch({ builds: 2 });
    await beat();
    await quietFor(tickMs);
    await beat(jobIds.slice(0, 1));
    await quietFor(leaseMs);
    expect(lost).toHaveLength(1);
    await quietFor(tickMs);
    expect(lost.map(({ alone }) => alone)).toEqual([false, false]);
  });

  it('says of a build whose worker was restarted that it was alone', async () => {
    const { beat, quietFor, lost } = aWatch();
    await beat();
    await quietFor(2 * tickMs);
    await beat([], randomUUID());
    await quietFor(tickMs);
    expect(lost).toEqual([{ reason: 'The worker was restarted.', alone: true }]);
  });

  it('blames no build whose worker went while nobody listened, as when everything was killed at once', async () => {
    const restarted = aWatch();
    await restarted.quietFor(2 * tickMs);
    await restarted.beat([], randomUUID());
    await restarted.quietFor(2 * tickMs);
    expect(restarted.lost).toEqual([{ reason: 'The worker was restarted.', alone: false }]);
    const silent = aWatch();
    await silent.quietFor(leaseMs + 2 * tickMs);
    expect(silent.lost).toEqual([{ reason: 'It sent no heartbeat for 4 s.', alone: false }]);
  });

  it('says of no build that it cost a worker which lives', async () => {
    const { beat, quietFor, lost } = aWatch();
    await beat();
    for (let passed = 0; passed <= leaseMs; passed += tickMs) {
      await beat([]);
      await quietFor(tickMs);
    }
    expect(lost).toEqual([{ reason: 'It no longer has the build.', alone: false }]);
  });

  it('stops what the log does not know, and nothing that it knows and this server has not seen yet', async () => {
    const { beat, told, granted } = aWatch();
    const [unknown, elsewhere, new_] = [randomUUID(), randomUUID(), randomUUID()].map((id) => JobId.parse(id));
    if (unknown === undefined || elsewhere === undefined || new_ === undefined) throw new Error('There are three.');
    granted.set(elsewhere, { attempt, workerSession: randomUUID() });
    granted.set(new_, { attempt, workerSession });
    await beat([unknown, elsewhere, new_]);
    const stopped = told.filter(({ type }) => type === 'stop-build');
    expect(stopped).toEqual(
      [unknown, elsewhere].map((jobId) => ({ type: 'stop-build', jobId, attempt, reason: 'superseded' })),
    );
  });
});
