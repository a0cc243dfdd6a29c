import type { DatabaseSync } from 'node:sqlite';
import type { JobId, Step } from '@yardmaster/domain';
import type { StepView } from '@yardmaster/protocol';
import type { ProjectedEvent, Projection } from './projection.ts';

/**
 * One row per job, attempt and step that began. A step that was under way when its attempt ended without a word about it
 * (timed out, worker lost, cancelled) counts as failed then, with the reason as its detail.
 */
export const stepsProjection: Projection = {
  name: 'steps',
  schema: `
    CREATE TABLE steps (
      number INTEGER PRIMARY KEY,
      job_id TEXT NOT NULL,
      attempt INTEGER NOT NULL,
      name TEXT NOT NULL,
      status TEXT NOT NULL,
      started_at TEXT NOT NULL,
      duration_ms INTEGER,
      cache TEXT NOT NULL,
      detail TEXT,
      exit_code INTEGER,
      cpu_ms INTEGER,
      peak_memory_bytes INTEGER,
      UNIQUE (job_id, attempt, name)
    ) STRICT;`,
  prepare(db) {
    const start = db.prepare(`INSERT INTO steps (job_id, attempt, name, status, started_at, cache)
      VALUES (?, ?, ?, 'running', ?, 'none')`);
    const end = db.prepare(`UPDATE steps SET status = $status, cache = $cache, detail = $detail,
        duration_ms = $durationMs, exit_code = $exitCode, cpu_ms = $cpuMs, peak_memory_bytes = $peakMemoryBytes
      WHERE job_id = $id AND attempt = $attempt AND name = $step`);
    const breakOff = db.prepare(`UPDATE steps SET status = 'failed', detail = $detail,
        duration_ms = CAST(ROUND((unixepoch($at, 'subsec') - unixepoch(started_at, 'subsec')) * 1000) AS INTEGER)
      WHERE job_id = $id AND status = 'running'`);
    return (projected) => {
      if (projected.category !== 'buildJob') return;
      const { id, event, recorded } = projected;
      const at = recorded.metadata.occurredAt;
      switch (event.type) {
        case 'StepStarted':
          start.run(id, event.data.attempt, event.data.step, at);
          return;
        case 'StepCompleted':
        case 'StepFailed': {
          const { attempt, step, durationMs, exitCode, cpuMs, peakMemoryBytes } = event.data;
          const ending = endingOf(event);
          const ended = end.run({ id, attempt, step, durationMs, exitCode, cpuMs, peakMemoryBytes, ...ending });
          if (ended.changes !== 1) throw new Error(`${event.type} of "${step}", which did not begin.`);
          return;
        }
        case 'StepTimedOut':
          breakOff.run({ id, at, detail: `It took longer than ${Math.round(event.data.timeoutMs / 1_000)} s.` });
          return;
        case 'WorkerLost':
          breakOff.run({ id, at, detail: `The worker was lost: ${event.data.reason}` });
          return;
        case 'AttemptAbandoned':
          breakOff.run({ id, at, detail: 'The worker gave the attempt up.' });
          return;
        case 'BuildReturned':
          breakOff.run({ id, at, detail: 'The worker went away and handed the build back.' });
          return;
        case 'BuildCancelled':
          breakOff.run({ id, at, detail: 'The build was cancelled.' });
          return;
        default: // Only what begins or ends a step matters here.
      }
    };
  },
};

type StepEnd = Extract<
  Extract<ProjectedEvent, { category: 'buildJob' }>['event'],
  { type: 'StepCompleted' | 'StepFailed' }
>;

function endingOf(event: StepEnd): Pick<StepView, 'status' | 'cache' | 'detail'> {
  if (event.type === 'StepFailed') {
    return { status: 'failed', cache: cacheOf(event.data.step, 'done'), detail: event.data.message };
  }
  const { step, outcome, detail } = event.data;
  return { status: outcome === 'skipped' ? 'skipped' : 'completed', cache: cacheOf(step, outcome), detail };
}

/** Unpacking and health checks have nothing to keep; whatever else ran without a stored result missed the cache. */
function cacheOf(step: Step, outcome: 'done' | 'cached' | 'skipped'): StepView['cache'] {
  if (outcome === 'cached') return 'hit';
  return outcome === 'skipped' || step === 'extract' || step === 'preview' ? 'none' : 'miss';
}

/** The steps of a job in the order in which they began, attempt by attempt. */
export function prepareStepQueries(db: DatabaseSync) {
  const ofJob = db.prepare(`SELECT name, attempt, status, started_at AS startedAt, duration_ms AS durationMs, cache,
      detail, exit_code AS exitCode, cpu_ms AS cpuMs, peak_memory_bytes AS peakMemoryBytes
    FROM steps WHERE job_id = ? ORDER BY number`);
  return {
    // Trusted: the columns are named as in StepView, and only the projection above writes them. The spread gives the
    // rows, which have no prototype, the shape of ordinary objects.
    steps: (id: JobId) => ofJob.all(id).map((row) => ({ ...row }) as unknown as StepView),
  };
}
