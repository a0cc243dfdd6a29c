import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  type Clock,
  createActors,
  createStreamActors,
  type Envelope,
  type NewEvent,
  requestBuild,
  retryBuild,
} from '@yardmaster/application';
import {
  ArtifactId,
  accept,
  type BuildJobCommand,
  type BuildJobSnapshot,
  type BuildRequest,
  finalStatuses,
  JobId,
  type PreviewEvent,
  previewDecider,
  type Report,
  type Step,
  statusOf,
  type UserCommand,
  UserId,
  type WebsiteCommand,
  WebsiteId,
  type WorkerId,
} from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { aBuildRequest, aBuildSource, aMoment, happyCommand, nextReport } from '../../src/index.ts';

/** Between one command and the next, in milliseconds. */
const pauseMs = 1_370;
const maxEvents = 10_000;

/** Real actors over a store in memory, in a world without chance: recorded twice, a scenario gives the same events. */
export interface RecordingWorld {
  readonly owner: UserId;
  readonly website: WebsiteId;
  /** What these secrets and sources are known by. */
  hash(secret: string): string;
  later(ms: number): string;
  user(command: UserCommand): Promise<void>;
  websiteCommand(command: WebsiteCommand): Promise<void>;
  /** Takes a build in, with the website and its owner when they are new. */
  build(request?: Partial<Pick<BuildRequest, 'preview' | 'priority'>>): Promise<RecordedBuild>;
  /** What no command of today leads to, and the preview's chart allows. */
  previewEvent(jobId: JobId, event: PreviewEvent): Promise<void>;
  stopPreview(jobId: JobId): Promise<void>;
  events(): Promise<readonly NewEvent[]>;
}

/** One build on its way. Every method throws where the build refuses. */
export interface RecordedBuild {
  readonly jobId: JobId;
  /** On, by way of everything that comes when all goes well. */
  until(reached: (state: BuildJobSnapshot) => boolean): Promise<void>;
  inStep(step: Step): Promise<void>;
  /** To the end, with the preview and the sealed log that a good build has. */
  completed(): Promise<void>;
  send(command: BuildJobCommand): Promise<void>;
  report(make: (at: Pick<Report, 'attempt' | 'seq'>) => Report): Promise<void>;
  isEnded(): Promise<boolean>;
  attempt(): Promise<number>;
  worker(): Promise<WorkerId>;
  startPreview(output: number): Promise<void>;
  sealLog(missingLines?: number): Promise<void>;
  /** The same once more, as a new job. */
  retried(): Promise<RecordedBuild>;
}

export function openRecordingWorld(scenario: number): RecordingWorld {
  let passedMs = 0;
  let ids = 0;
  const momentAfter = (ms: number) => new Date(Date.parse(aMoment) + passedMs + ms);
  const clock: Clock = {
    now: () => momentAfter(0),
    monotonicMs: () => passedMs,
    setTimer: () => assert.fail('Nothing that is recorded waits.'),
  };
  const newId = () => {
    ids += 1;
    return `0192f0c1-0000-4000-8${String(scenario).padStart(3, '0')}-${String(ids).padStart(12, '0')}`;
  };
  const store = createMemoryEventStore();
  const world = { store, clock, newId, random: () => 0.5 };
  const actors = createActors(world);
  // Whatever is proposed is decided on: the chart alone says whether it may happen.
  const anyPreviewEvent = createStreamActors<
    ReturnType<typeof previewDecider.initialState>,
    PreviewEvent,
    PreviewEvent
  >({
    ...world,
    decider: { ...previewDecider, decide: (event) => accept(event) },
  });
  const owner = UserId.parse(newId());
  const website = WebsiteId.parse(newId());
  const byOwner = { actor: { kind: 'user', userId: owner } } as const;

  async function taken<Result extends { readonly ok: boolean }>(handling: Promise<Result>): Promise<Result> {
    const result = await handling;
    assert(result.ok, JSON.stringify(result));
    passedMs += pauseMs;
    return result;
  }

  return {
    owner,
    website,
    hash: (secret) => createHash('sha256').update(secret).digest('hex'),
    later: (ms) => momentAfter(ms).toISOString(),
    async user(command) {
      await taken(actors.user.handle(owner, command, byOwner));
    },
    async websiteCommand(command) {
      await taken(actors.website.handle(website, command, byOwner));
    },
    async build({ preview = 'static', priority = 5 } = {}) {
      await taken(actors.user.handle(owner, { type: 'RegisterUser', role: 'user' }, by('accounts')));
      const jobId = JobId.parse(newId());
      await taken(
        requestBuild(actors, {
          owner,
          website: { kind: 'new', id: website, name: 'Garden club' },
          jobId,
          source: aBuildSource({ artifactId: ArtifactId.parse(newId()), originalName: 'garden-club.zip' }),
          preview,
          priority,
        }),
      );
      return recordedBuild(jobId);
    },
    async previewEvent(jobId, event) {
      await taken(anyPreviewEvent.handle(jobId, event, by('timers')));
    },
    async stopPreview(jobId) {
      await taken(actors.preview.handle(jobId, { type: 'StopPreview', reason: 'It is no longer needed.' }, byOwner));
    },
    async events() {
      const recorded = await store.readAll({ limit: maxEvents });
      return recorded.map(({ type, data, metadata }) => ({ type, data, metadata }));
    },
  };

  function recordedBuild(jobId: JobId): RecordedBuild {
    const now = async () => (await actors.buildJob.load(jobId)).state;

    async function send(command: BuildJobCommand): Promise<void> {
      const result = await taken(actors.buildJob.handle(jobId, command, envelopeOf(command)));
      assert(result.ok && result.events.length > 0, `${command.type} led to nothing.`);
    }

    async function until(reached: (state: BuildJobSnapshot) => boolean): Promise<void> {
      for (let state = await now(); !reached(state); state = await now()) {
        await send(happyCommand(state, aBuildRequest()));
      }
    }

    const build: RecordedBuild = {
      jobId,
      until,
      inStep: (step) => until(({ context }) => context.step === step && context.lastCompletedStep !== step),
      async completed() {
        await until(({ value }) => value === 'running');
        await build.startPreview(1);
        await until(({ value }) => value === 'completed');
        await build.sealLog();
      },
      send,
      async report(make) {
        const state = await now();
        const workerId = state.context.workerId ?? assert.fail('No worker has the build.');
        await send({ type: 'RecordReport', workerId, report: make(nextReport(state)) });
      },
      isEnded: async () => finalStatuses.has(statusOf((await now()).value)),
      attempt: async () => (await now()).context.attempt,
      worker: async () => (await now()).context.workerId ?? assert.fail('No worker has the build.'),
      async startPreview(output) {
        const { request } = (await now()).context;
        assert(request !== null);
        const [name, ownerId] = [request.previewName, request.userId];
        await taken(
          actors.preview.handle(
            jobId,
            {
              type: 'StartPreview',
              ...{ websiteId: website, ownerId, name, slug: name.replace(/-\d+$/, ''), spa: true, expiresAt: null },
              artifactId: ArtifactId.parse(`output-${output}`),
            },
            by('policies'),
          ),
        );
      },
      async sealLog(missingLines = 0) {
        const artifactId = ArtifactId.parse(`log-${jobId}`);
        const sealed = { type: 'SealLog', artifactId, lines: 214, missingLines, sizeBytes: 6_120 } as const;
        await taken(actors.log.handle(jobId, sealed, by('log-sealer')));
      },
      async retried() {
        const newJobId = JobId.parse(newId());
        await taken(retryBuild(actors, { jobId, newJobId, user: owner, mayRelease: true }));
        return recordedBuild(newJobId);
      },
    };
    return build;
  }

  /** As the part of the system sends it that sends it in the product. */
  function envelopeOf(command: BuildJobCommand): Envelope {
    switch (command.type) {
      case 'RequestBuild':
      case 'ChangePriority':
      case 'CancelBuild':
        return byOwner;
      case 'DispatchBuild':
      case 'WithdrawDispatch':
        return by('dispatcher');
      case 'ExpireStep':
      case 'EndBackoff':
        return by('timers');
      case 'DeclareWorkerLost':
        return by('worker-watch');
      case 'ClaimBuild':
        return { actor: { kind: 'worker', workerId: command.workerId }, causationId: command.claimId };
      case 'RecordReport': {
        const { attempt, seq } = command.report;
        const actor = { kind: 'worker', workerId: command.workerId } as const;
        return { actor, causationId: `report:${attempt}:${seq}` };
      }
      default:
        return command satisfies never;
    }
  }
}

const by = (name: string): Envelope => ({ actor: { kind: 'system', name } });
