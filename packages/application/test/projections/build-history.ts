import { createHash } from 'node:crypto';
import {
  ArtifactId,
  type BuildJobCommand,
  type BuildJobSnapshot,
  BuildSettings,
  JobId,
  type KillEvidence,
  type Report,
  type Role,
  type Step,
  steps,
  type UserCommand,
  UserId,
  type WebsiteCommand,
  WebsiteId,
  WorkerId,
} from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { type Actors, createActors } from '../../src/actors.ts';
import type { EventStore } from '../../src/ports/event-store.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

export const ada = UserId.parse('ada');
export const bob = UserId.parse('bob');
/** What the worker tells of a build that it stopped. */
export const whatWasKilled: KillEvidence = {
  processes: [
    { pid: 4_711, command: 'node' },
    { pid: 4_712, command: 'esbuild' },
  ],
  ports: [5_173],
  workspaceRemoved: true,
};
export const worker = WorkerId.parse('worker-1');
export const shop = WebsiteId.parse('shop');
export const hash = (text: string) => createHash('sha256').update(text).digest('hex');

export interface RequestedBuild {
  readonly owner?: UserId;
  readonly websiteId?: WebsiteId;
  readonly websiteName?: string;
  readonly priority?: number;
  readonly preview?: 'static' | 'dev';
  readonly retryOf?: JobId;
}

type ReportOf<Kind extends Report['kind']> = Extract<Report, { kind: Kind }>;
type Ended = Partial<Pick<ReportOf<'step-completed'>, 'outcome' | 'detail' | 'durationMs'>>;

/**
 * Writes histories through the real actors, so every `to` is the machine's own. Ids, times and chance depend on nothing
 * but the calls made: the same calls make the same log, event for event. Methods throw where the model refuses.
 */
export interface History {
  readonly store: EventStore;
  readonly clock: ManualClock;
  readonly actors: Actors;
  register(user: UserId, role?: Role): Promise<void>;
  user(user: UserId, command: UserCommand): Promise<void>;
  createWebsite(
    id: WebsiteId,
    options?: { readonly name?: string; readonly slug?: string; readonly owner?: UserId },
  ): Promise<void>;
  website(id: WebsiteId, command: WebsiteCommand): Promise<void>;
  request(id: string, options?: RequestedBuild): Promise<JobId>;
  state(job: JobId): Promise<BuildJobSnapshot>;
  command(job: JobId, command: BuildJobCommand): Promise<void>;
  /** One command on, as when all goes well; a cancelled build is stopped. */
  advance(job: JobId, ended?: Ended): Promise<void>;
  claim(job: JobId): Promise<void>;
  /** Until the step has begun. */
  buildUntil(job: JobId, step: Step): Promise<void>;
  complete(job: JobId): Promise<void>;
  failStep(job: JobId, failure?: Partial<ReportOf<'step-failed'>>): Promise<void>;
  loseWorker(job: JobId, loss?: { readonly alone?: boolean }): Promise<void>;
  startPreview(job: JobId, options?: { readonly expiresAt?: string }): Promise<void>;
  stopPreview(job: JobId): Promise<void>;
  sealLog(job: JobId): Promise<void>;
}

const usage = { durationMs: 1_200, exitCode: 0, cpuMs: 900, peakMemoryBytes: 50_000_000 };

export function createHistory({ storeId = 'store-1' }: { readonly storeId?: string } = {}): History {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const store = createMemoryEventStore({ storeId, now: clock.now });
  let ids = 0;
  const newId = () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  const actors = createActors({ store, clock, newId, random: () => 0.5 });
  const bySystem = { actor: { kind: 'system', name: 'test' } } as const;
  const builds = new Map<WebsiteId, number>();

  const settled = async (handled: Promise<{ ok: true } | { ok: false; rejection: { message: string } }>) => {
    const result = await handled;
    if (!result.ok) throw new Error(result.rejection.message);
  };
  const command = (job: JobId, asked: BuildJobCommand) => settled(actors.buildJob.handle(job, asked, bySystem));
  const user = (id: UserId, asked: UserCommand) => settled(actors.user.handle(id, asked, bySystem));
  const website = (id: WebsiteId, asked: WebsiteCommand) => settled(actors.website.handle(id, asked, bySystem));
  const state = async (job: JobId) => (await actors.buildJob.load(job)).state;
  const report = (job: JobId, made: Report) => command(job, { type: 'RecordReport', workerId: worker, report: made });
  const advance = async (job: JobId, ended: Ended = {}) => command(job, nextCommand(job, await state(job), ended));
  const advanceTo = async (job: JobId, reached: (state: BuildJobSnapshot) => boolean) => {
    while (!reached(await state(job))) await advance(job);
  };

  return {
    store,
    clock,
    actors,
    user,
    website,
    state,
    command,
    advance,
    register: (id, role = 'user') => user(id, { type: 'RegisterUser', role }),
    createWebsite: (id, { name = id, slug = id, owner = ada } = {}) =>
      website(id, { type: 'CreateWebsite', name, slug, ownerId: owner }),
    async request(id, options = {}) {
      const { owner = ada, websiteId = shop, websiteName = 'Shop', priority = 5, preview = 'static' } = options;
      const jobId = JobId.parse(id);
      const buildNumber = (builds.get(websiteId) ?? 0) + 1;
      builds.set(websiteId, buildNumber);
      await command(jobId, {
        type: 'RequestBuild',
        websiteId,
        websiteName,
        userId: owner,
        buildNumber,
        previewName: `${websiteId}-${buildNumber}`,
        priority,
        maxAttempts: 3,
        preview,
        source: {
          artifactId: ArtifactId.parse(`source-${id}`),
          format: 'zip',
          sha256: hash(id),
          sizeBytes: 1_000,
          originalName: 'site.zip',
          websiteType: 'react',
        },
        settings: BuildSettings.parse({}),
        retryOf: options.retryOf ?? null,
      });
      return jobId;
    },
    claim: (job) => advanceTo(job, (at) => at.matches({ building: 'claimed' })),
    buildUntil: (job, step) => advanceTo(job, ({ context }) => context.step === step),
    complete: (job) => advanceTo(job, ({ value }) => value === 'completed'),
    async failStep(job, failure = {}) {
      const { context } = await state(job);
      await report(job, {
        kind: 'step-failed',
        attempt: context.attempt,
        seq: context.reportSeq + 1,
        step: context.step ?? 'extract',
        code: 'type-error',
        message: 'Type "string" is no number.',
        hint: 'Look at line 3.',
        retryable: false,
        annotations: [],
        ...usage,
        exitCode: 2,
        ...failure,
      });
    },
    async loseWorker(job, { alone = false } = {}) {
      const { attempt } = (await state(job)).context;
      await command(job, {
        type: 'DeclareWorkerLost',
        attempt,
        workerId: worker,
        reason: 'It fell silent.',
        alone,
      });
    },
    async startPreview(job, { expiresAt } = {}) {
      const { request, outputArtifactId } = (await state(job)).context;
      if (request === null || outputArtifactId === null) throw new Error(`${job} has no output.`);
      const { websiteId, userId: ownerId, previewName: name } = request;
      const preview = { websiteId, ownerId, name, slug: websiteId, artifactId: outputArtifactId, spa: true };
      const start = { type: 'StartPreview', ...preview, expiresAt: expiresAt ?? null } as const;
      await settled(actors.preview.handle(job, start, bySystem));
    },
    stopPreview: (job) => settled(actors.preview.handle(job, { type: 'StopPreview', reason: 'Enough.' }, bySystem)),
    async sealLog(job) {
      const seal = { artifactId: ArtifactId.parse(`log-${job}`), lines: 3, missingLines: 0, sizeBytes: 100 };
      await settled(actors.log.handle(job, { type: 'SealLog', ...seal }, bySystem));
    },
  };
}

/** What happens next when all goes well. */
function nextCommand(job: JobId, { value, context }: BuildJobSnapshot, ended: Ended): BuildJobCommand {
  const attempt = context.attempt + 1;
  if (value === 'queued') return { type: 'DispatchBuild', pool: 'default' };
  if (value === 'backingOff') return { type: 'EndBackoff', attempt: context.attempt };
  if (value === 'dispatched') {
    const claim = { workerId: worker, workerSession: 'session-1', claimId: `${job}-${attempt}`, leaseMs: 10_000 };
    return { type: 'ClaimBuild', attempt, ...claim };
  }
  const number = { attempt: context.attempt, seq: context.reportSeq + 1 };
  return { type: 'RecordReport', workerId: worker, report: { ...number, ...nextReport(job, value, context, ended) } };
}

type Unnumbered<Of> = Of extends unknown ? Omit<Of, 'attempt' | 'seq'> : never;

function nextReport(
  job: JobId,
  value: BuildJobSnapshot['value'],
  { step, lastCompletedStep }: BuildJobSnapshot['context'],
  ended: Ended,
): Unnumbered<Report> {
  if (value === 'cancelling') return { kind: 'stopped', killedProcesses: 2, proven: true, killed: whatWasKilled };
  if (step !== lastCompletedStep && step !== null) {
    return { kind: 'step-completed', step, outcome: 'done', detail: null, ...usage, ...ended };
  }
  if (step === 'bundle' && value !== 'running') {
    return { kind: 'output-published', artifactId: outputOf(job), files: 3, sizeBytes: 5_000, spa: true };
  }
  const next = steps[step === null ? 0 : steps.indexOf(step) + 1];
  return next === undefined ? { kind: 'finished' } : { kind: 'step-started', step: next, timeoutMs: 60_000 };
}

export const outputOf = (job: JobId) => ArtifactId.parse(`output-${job}`);
