import type { Annotation, BuildJobEventOf, BuildSettings, Step } from '@yardmaster/domain';
import type { ArchiveLimits } from './archive/limits.ts';
import { prepareEnvironment, workspaceLayout } from './build-environment.ts';
import { createBuildLog, type LogLine } from './build-log.ts';
import { readProject } from './project/read-project.ts';
import { type WebsiteType, websiteType } from './project/website-type.ts';
import { type Killed, nothingKilled } from './sandbox/end-processes.ts';
import type { Sandbox } from './sandbox/sandbox.ts';
import { bundle } from './steps/bundle.ts';
import { extract } from './steps/extract.ts';
import { install } from './steps/install.ts';
import type { BuildOutput } from './steps/output-directory.ts';
import { StepCancelled, StepFailed } from './steps/step-failure.ts';
import { createStepRunner, type StepRunner } from './steps/step-runner.ts';
import { typecheck } from './steps/typecheck.ts';

/** The steps that this engine runs; `preview` belongs to the worker. */
export type EngineStep = Exclude<Step, 'preview'>;

type ReportOf<Type extends 'StepStarted' | 'StepCompleted' | 'StepFailed'> = {
  readonly type: Type;
  /** The domain event's data, but for what only the worker knows. */
  readonly data: Omit<BuildJobEventOf<Type>['data'], 'attempt' | 'seq'>;
};

/** A step's beginning or end, shaped like the domain event that it becomes. */
export type BuildReport = ReportOf<'StepStarted'> | ReportOf<'StepCompleted'> | ReportOf<'StepFailed'>;

/** Whatever its status, `nothingLeft` is false when a process of the build could not be ended. */
export type BuildResult = { readonly nothingLeft: boolean } & (
  | { readonly status: 'built'; readonly output: BuildOutput; readonly websiteType: WebsiteType }
  | {
      readonly status: 'failed';
      readonly step: EngineStep;
      readonly code: string;
      readonly message: string;
      readonly hint: string | null;
      readonly retryable: boolean;
      readonly annotations: readonly Annotation[];
    }
  | {
      readonly status: 'cancelled';
      readonly step: EngineStep;
      /** What ran when it was cancelled. */
      readonly killed: Killed;
    }
);

export interface BuildRequest {
  /** An empty folder of this build's own, made and removed by the caller. No folder above it may hold node_modules. */
  readonly workspace: string;
  readonly sourceFile: string;
  readonly settings: BuildSettings;
  readonly sandbox: Sandbox;
  /** The worker's own environment; only registry, proxy and certificate settings are taken from it. */
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
  /** Variables that the website's owner set for its builds. */
  readonly variables: Readonly<Record<string, string>>;
  /** Package caches, shared by the builds of this worker. */
  readonly cacheDirectory: string;
  /** Tools that are fetched when first needed (bun), shared by the workers of this machine. */
  readonly toolsDirectory: string;
  readonly limits: ArchiveLimits;
  readonly timeoutsMs: Readonly<Record<EngineStep, number>>;
  readonly onReport: (report: BuildReport) => void;
  readonly onLine: (line: LogLine) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs one build: extract, install, type-check, bundle. Stops at the first step that fails or when `signal` aborts.
 *
 * Every step is reported when it begins and once when it ends; a cancelled step only begins. Resolves when all
 * processes of the build are gone. Never rejects: what goes wrong on the worker's side is a retryable failure.
 */
export const runBuild = async (request: BuildRequest): Promise<BuildResult> => {
  const log = createBuildLog(request.onLine);
  const layout = workspaceLayout(request.workspace);
  let nothingLeft = true;
  let current: EngineStep = 'extract';
  let runner: StepRunner | null = null;
  let env: Readonly<Record<string, string>> = {};

  const step = async <Outcome extends StepOutcome>(
    name: EngineStep,
    work: (runner: StepRunner) => Promise<Outcome>,
  ): Promise<Outcome> => {
    const timeoutMs = request.timeoutsMs[name];
    current = name;
    if (request.signal.aborted) throw new StepCancelled();
    const deadlineAt = new Date(Date.now() + timeoutMs).toISOString();
    request.onReport({ type: 'StepStarted', data: { step: name, timeoutMs, deadlineAt } });
    const own = createStepRunner({ step: name, sandbox: request.sandbox, env, timeoutMs, log, signal: request.signal });
    runner = own;
    try {
      const outcome = await work(own);
      const [result, detail] =
        outcome.kind === 'skipped' ? (['skipped', outcome.reason] as const) : (['done', outcome.detail] as const);
      if (outcome.kind === 'skipped') own.notice(`Skipped: ${outcome.reason}`);
      const data = { step: name, outcome: result, detail: detail.slice(0, 500), ...own.usage() };
      request.onReport({ type: 'StepCompleted', data });
      return outcome;
    } finally {
      nothingLeft &&= own.nothingLeft;
    }
  };

  try {
    const { projectDirectory } = await step('extract', async () => {
      const { sourceFile, limits, timeoutsMs, signal } = request;
      const extracted = await extract({
        sourceFile,
        into: layout.source,
        limits,
        timeoutMs: timeoutsMs.extract,
        signal,
      });
      return { kind: 'done', ...extracted };
    });
    env = await prepareEnvironment({
      layout,
      host: request.hostEnvironment,
      extra: request.variables,
      cacheDirectory: request.cacheDirectory,
    });
    const project = await readProject(projectDirectory);
    const { settings, toolsDirectory } = request;
    const { installed } = await step('install', (own) =>
      install({ project, settings, runner: own, binDirectory: layout.bin, toolsDirectory }),
    );
    await step('typecheck', (own) => typecheck({ project, runner: own }));
    const { output } = await step('bundle', (own) => bundle({ project, settings, installed, runner: own }));
    return { status: 'built', output, websiteType: websiteType(project.manifest), nothingLeft };
  } catch (error) {
    if (error instanceof StepCancelled || request.signal.aborted) {
      const killed = error instanceof StepCancelled ? error.killed : nothingKilled;
      return { status: 'cancelled', step: current, killed, nothingLeft };
    }
    const failed = error instanceof StepFailed ? error : workerFailed(error, request);
    const { code, message, hint, retryable } = failed.failure;
    log.write({ step: current, stream: 'system', text: `Failed: ${message}` });
    if (hint !== null) log.write({ step: current, stream: 'system', text: hint });
    const usage = (runner as StepRunner | null)?.usage() ?? noUsage;
    const failure = { step: current, code, message, hint, retryable, annotations: [...failed.annotations] };
    request.onReport({ type: 'StepFailed', data: { ...failure, ...usage } });
    return { status: 'failed', ...failure, nothingLeft };
  }
};

type StepOutcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'done'; readonly detail: string };

const noUsage = { durationMs: 0, exitCode: null, cpuMs: null, peakMemoryBytes: null };

/** A failure that no step foresaw is this machine's, not the project's: another attempt may meet a better one. */
const workerFailed = (error: unknown, request: BuildRequest): StepFailed =>
  new StepFailed({
    code: 'worker-error',
    message: `The worker could not run the step: ${withoutPlaces(error, request)}`,
    hint: 'Nothing is known to be wrong with the project.',
    retryable: true,
  });

/** Where things lie on this machine concerns nobody who reads of a build. */
const withoutPlaces = (error: unknown, request: BuildRequest): string => {
  const places = [
    [request.sourceFile, '<source>'],
    [request.workspace, '<workspace>'],
    [request.cacheDirectory, '<cache>'],
    [request.toolsDirectory, '<tools>'],
  ] as const;
  const text = error instanceof Error ? error.message : String(error);
  return places.reduce((shown, [place, name]) => shown.replaceAll(place, name), text);
};
