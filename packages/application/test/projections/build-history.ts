import { createHash } from 'node:crypto';
import {
  ArtifactId,
  type BuildJobCommand,
  BuildSettings,
  JobId,
  type Report,
  type Role,
  type Step,
  steps,
  UserId,
  WebsiteId,
  WorkerId,
} from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { type Actors, createActors } from '../../src/actors.ts';
import type { EventStore } from '../../src/ports/event-store.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';

export const ada = UserId.parse('ada');
export const bob = UserId.parse('bob');
export const worker = WorkerId.parse('worker-1');
export const shop = WebsiteId.parse('shop');
export const hash = (text: string) => createHash('sha256').update(text).digest('hex');

/** A report without the numbers that follow from the job's state. */
type Unnumbered<Of> = Of extends unknown ? Omit<Of, 'attempt' | 'seq'> : never;
type StepFailure = Extract<Report, { kind: 'step-failed' }>;

export interface RequestedBuild {
  readonly owner?: UserId;
  readonly websiteId?: WebsiteId;
  readonly websiteName?: string;
  readonly buildNumber?: number;
  readonly priority?: number;
  readonly preview?: 'static' | 'dev';
  readonly retryOf?: JobId;
}

/**
 * Writes histories through the real actors, so every `to` is the machine's own. Ids, times and chance depend on nothing
 * but the calls made: the same calls make the same log, event for event.
 */
export interface History {
  readonly store: EventStore;
  readonly clock: ManualClock;
  readonly actors: Actors;
  register(user: UserId, role?: Role): Promise<void>;
  website(
    id: WebsiteId,
    options?: { readonly name?: string; readonly slug?: string; readonly owner?: UserId },
  ): Promise<void>;
  request(id: string, options?: RequestedBuild): Promise<JobId>;
  /** Throws when the job refuses. */
  command(job: JobId, command: BuildJobCommand): Promise<void>;
  claim(job: JobId): Promise<void>;
  report(job: JobId, report: Unnumbered<Report>): Promise<void>;
  startStep(job: JobId, step: Step): Promise<void>;
  completeStep(job: JobId, step: Step, outcome?: 'done' | 'cached' | 'skipped'): Promise<void>;
  failStep(job: JobId, step: Step, failure?: Partial<StepFailure>): Promise<void>;
  /** From the first step to the published output, unless `until` names the step to stop before. */
  buildUntil(job: JobId, until: Step): Promise<void>;
  complete(job: JobId): Promise<void>;
  startPreview(job: JobId, options?: { readonly expiresAt?: string }): Promise<void>;
}

export function createHistory({ storeId = 'store-1' }: { readonly storeId?: string } = {}): History {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  const store = createMemoryEventStore({ storeId, now: clock.now });
  let ids = 0;
  const newId = () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  const actors = createActors({ store, clock, newId, random: () => 0.5 });
  const as = (userId: UserId) => ({ actor: { kind: 'user', userId } as const });
  const bySystem = { actor: { kind: 'system', name: 'test' } } as const;
  const usage = { durationMs: 1_200, exitCode: 0, cpuMs: 900, peakMemoryBytes: 50_000_000 };
  const builds = new Map<WebsiteId, number>();

  const history: History = {
    store,
    clock,
    actors,
    async register(user, role = 'user') {
      await actors.user.handle(user, { type: 'RegisterUser', role }, bySystem);
    },
    async website(id, { name = id, slug = id, owner = ada } = {}) {
      await actors.website.handle(id, { type: 'CreateWebsite', name, slug, ownerId: owner }, as(owner));
    },
    async request(id, options = {}) {
      const { owner = ada, websiteId = shop, websiteName = 'Shop', priority = 5, preview = 'static' } = options;
      const jobId = JobId.parse(id);
      const buildNumber = options.buildNumber ?? (builds.get(websiteId) ?? 0) + 1;
      builds.set(websiteId, buildNumber);
      const requested = await actors.buildJob.handle(
        jobId,
        {
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
        },
        as(owner),
      );
      if (!requested.ok) throw new Error(requested.rejection.message);
      return jobId;
    },
    async command(job, command) {
      const handled = await actors.buildJob.handle(job, command, bySystem);
      if (!handled.ok) throw new Error(`${command.type}: ${handled.rejection.message}`);
    },
    async claim(job) {
      const attempt = (await actors.buildJob.load(job)).state.context.attempt + 1;
      await history.command(job, { type: 'DispatchBuild', pool: 'default' });
      const claim = {
        attempt,
        workerId: worker,
        workerSession: 'session-1',
        claimId: `${job}-${attempt}`,
        leaseMs: 10_000,
      };
      await history.command(job, { type: 'ClaimBuild', ...claim });
    },
    async report(job, report) {
      const { context } = (await actors.buildJob.load(job)).state;
      // The numbers left out are put back: it is a Report again.
      const numbered = { ...report, attempt: context.attempt, seq: context.reportSeq + 1 } as Report;
      await history.command(job, { type: 'RecordReport', workerId: worker, report: numbered });
    },
    startStep: (job, step) => history.report(job, { kind: 'step-started', step, timeoutMs: 60_000 }),
    completeStep: (job, step, outcome = 'done') =>
      history.report(job, { kind: 'step-completed', step, outcome, detail: null, ...usage }),
    failStep: (job, step, failure = {}) =>
      history.report(job, {
        kind: 'step-failed',
        step,
        code: 'type-error',
        message: 'Type "string" is not a number.',
        hint: 'Look at line 3.',
        retryable: false,
        annotations: [],
        ...usage,
        exitCode: 2,
        ...failure,
      }),
    async buildUntil(job, until) {
      for (const step of steps) {
        if (step === 'preview') await history.report(job, published(job));
        if (step === until) return;
        await history.startStep(job, step);
        clock.advance(1_000);
        await history.completeStep(job, step);
      }
    },
    async complete(job) {
      await history.buildUntil(job, 'preview');
      await history.startStep(job, 'preview');
      await history.completeStep(job, 'preview');
      await history.report(job, { kind: 'finished' });
    },
    async startPreview(job, { expiresAt } = {}) {
      const { request, outputArtifactId } = (await actors.buildJob.load(job)).state.context;
      if (request === null || outputArtifactId === null) throw new Error(`${job} has no output.`);
      const { websiteId, userId: ownerId, previewName: name } = request;
      const preview = { websiteId, ownerId, name, slug: websiteId, artifactId: outputArtifactId, spa: true };
      await actors.preview.handle(job, { type: 'StartPreview', ...preview, expiresAt: expiresAt ?? null }, bySystem);
    },
  };
  return history;
}

export const published = (job: JobId) =>
  ({
    kind: 'output-published',
    artifactId: ArtifactId.parse(`output-${job}`),
    files: 3,
    sizeBytes: 5_000,
    spa: true,
  }) as const;
