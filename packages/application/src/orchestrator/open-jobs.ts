import type { BuildJobSnapshot, JobId, StateValue, WorkerId } from '@yardmaster/domain';
import type { JobRecord } from '../projections/read-models.ts';

/** What the orchestrator remembers of a build that has not ended. */
export interface OpenJob {
  readonly id: JobId;
  readonly state: StateValue;
  readonly revision: number;
  readonly priority: number;
  readonly queuedAtMs: number;
  /** The attempt that runs or ran last; a dispatched build is about to begin the one after it. */
  readonly attempt: number;
  readonly workerId: WorkerId | null;
  readonly workerSession: string | null;
}

export type OpenJobPhase = 'ready' | 'dispatched' | 'held' | 'cancelling' | 'other';

/** Where a build stands between the queue and a worker. */
export function phaseOf({ state }: Pick<OpenJob, 'state'>): OpenJobPhase {
  if (state === 'queued') return 'ready';
  if (state === 'dispatched') return 'dispatched';
  if (state === 'cancelling') return 'cancelling';
  if (state === 'running' || typeof state === 'object') return 'held';
  return 'other';
}

/**
 * The builds that have not ended, in memory, each at the newest revision that this process has seen: its own appends at
 * once, everybody else's when they are projected. Kept by phase, since thousands may wait while a few run.
 */
export interface OpenJobs {
  get(id: JobId): OpenJob | undefined;
  inPhase(phase: OpenJobPhase): readonly OpenJob[];
  count(phase: OpenJobPhase): number;
  /** Takes a newer view of a job; an older one is ignored. */
  update(job: OpenJob): void;
  /** Takes over what a command of this process has just found or made of a job. */
  updateFrom(id: JobId, handled: { readonly state: BuildJobSnapshot; readonly revision: number }): void;
  remove(id: JobId): void;
}

export function createOpenJobs(): OpenJobs {
  const jobs = new Map<JobId, OpenJob>();
  const phases: Readonly<Record<OpenJobPhase, Map<JobId, OpenJob>>> = {
    ready: new Map(),
    dispatched: new Map(),
    held: new Map(),
    cancelling: new Map(),
    other: new Map(),
  };
  const remove = (id: JobId) => {
    const known = jobs.get(id);
    if (known === undefined) return;
    jobs.delete(id);
    phases[phaseOf(known)].delete(id);
  };
  const update = (job: OpenJob) => {
    const known = jobs.get(job.id);
    if (known !== undefined && known.revision >= job.revision) return;
    remove(job.id);
    jobs.set(job.id, job);
    phases[phaseOf(job)].set(job.id, job);
  };
  return {
    get: (id) => jobs.get(id),
    inPhase: (phase) => [...phases[phase].values()],
    count: (phase) => phases[phase].size,
    update,
    updateFrom(id, { state, revision }) {
      const known = jobs.get(id);
      if (known === undefined) return;
      const { priority, attempt, workerId, workerSession } = state.context;
      update({ ...known, state: state.value, revision, priority, attempt, workerId, workerSession });
    },
    remove,
  };
}

export function openJobFrom(record: JobRecord): OpenJob {
  const { id, state, revision, priority, attempt, queuedAt, createdAt, workerSession } = record;
  const queuedAtMs = Date.parse(queuedAt ?? createdAt);
  const workerId = record.workerId as WorkerId | null;
  return { id, state, revision, priority, attempt, queuedAtMs, workerId, workerSession };
}
