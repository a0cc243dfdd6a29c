import { randomUUID } from 'node:crypto';
import { JobId, WorkerId } from '@yardmaster/domain';
import type { Heartbeat } from '@yardmaster/protocol';
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

/** One build that a worker has, and a clock that a test moves. */
function aWatch() {
  const jobId = JobId.parse(randomUUID());
  let nowMs = 0;
  const clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    setTimer: () => ({ cancel() {} }),
  };
  const openJobs = createOpenJobs();
  const attempt = 1;
  openJobs.update({
    id: jobId,
    state: 'running',
    revision: 4,
    priority: 5,
    queuedAtMs: 0,
    attempt,
    workerId,
    workerSession,
  });
  const fleet = createFleet({ clock });
  fleet.connectionChanged(true);
  const lost: string[] = [];
  const buildJob = {
    async handle(_: JobId, { reason }: { readonly reason: string }) {
      lost.push(reason);
      return { ok: false };
    },
  };
  const watch = watchWorkers({
    actors: { buildJob } as unknown as Actors,
    openJobs: { ...openJobs, updateFrom() {} },
    fleet,
    messaging: { connected: true, sendControl() {} } as unknown as OrchestratorMessaging,
    storeWatch: aPresentStore(clock),
    clock,
    log: recordingLog().log,
  });
  const heartbeat = {
    workerId,
    workerSession,
    pool: 'default',
    slots: 1,
    draining: false,
    attempts: [{ jobId, attempt, lastReportSeq: 3 }],
  } as unknown as Heartbeat;
  return {
    lost,
    pass(ms: number) {
      nowMs += ms;
    },
    sweep: () => watch.sweep(),
    beat() {
      fleet.record(heartbeat);
      void watch.heard(heartbeat);
    },
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
    beat();
    await quietFor(leaseMs);
    expect(lost).toEqual([]);
    await quietFor(tickMs);
    expect(lost).toEqual(['It sent no heartbeat for 4 s.']);
  });

  it('counts no silence of a time when it did not run itself', async () => {
    const { beat, quietFor, pass, sweep, lost } = aWatch();
    beat();
    await quietFor(tickMs);
    pass(20_000);
    await sweep();
    beat();
    await quietFor(leaseMs);
    expect(lost).toEqual([]);
  });

  it('gives a worker that fell silent meanwhile one more lease, and no longer', async () => {
    const { beat, quietFor, pass, sweep, lost } = aWatch();
    beat();
    await quietFor(tickMs);
    pass(20_000);
    await sweep();
    await quietFor(leaseMs + tickMs);
    expect(lost[0]).toBe('It sent no heartbeat for 4 s.');
  });
});
