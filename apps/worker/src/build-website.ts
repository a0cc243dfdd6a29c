import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArchiveLimits,
  type BuildOutput,
  type BuildReport,
  createProcessGroupSandbox,
  type Ended,
  nothingKilled,
  packFolder,
  runBuild,
} from '@yardmaster/build-runner';
import { defaultStepTimeoutsMs, type Step } from '@yardmaster/domain';
import type { LogLine } from '@yardmaster/protocol';
import { createGatewayClient, type GatewayClient, GatewayRefused } from './gateway-client.ts';
import type { UnnumberedReport } from './outbox.ts';
import type { ServerChoice } from './server-choice.ts';
import type { Grant } from './slot-machine.ts';
import { tryTo } from './time-limit.ts';

/** Where a worker's builds run, and what they share. */
export interface BuildSite {
  /** Marks every build process, so that strays are found: `<instance>/<worker id>`. */
  readonly owner: string;
  readonly workspaces: string;
  readonly cacheDirectory: string;
  readonly toolsDirectory: string;
  readonly servers: ServerChoice;
  readonly previewDomain: string;
  readonly limits: ArchiveLimits;
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
}

/** How long fetching the source and handing in the output may take, a restart of the server included. */
const transferTimeoutMs = 180_000;

/** How long the removal of a workspace may take; a huge one on a slow disk takes seconds. */
export const longestRemovalMs = 30_000;

/**
 * The worker ends an overlong step itself and says why, once its processes have ended and its workspace is gone; only
 * where that fails is the step timed out from outside.
 */
const reportGraceMs = 15_000 + longestRemovalMs;

/** As long as a failure's message may be. */
const maxMessageCharacters = 2_000;

type StepCompleted = Extract<UnnumberedReport, { kind: 'step-completed' }>;
type StepUsage = Pick<StepCompleted, 'durationMs' | 'exitCode' | 'cpuMs' | 'peakMemoryBytes'>;

export type LastReport = Extract<UnnumberedReport, { kind: 'step-failed' | 'finished' }>;

/** How an attempt ended: by itself, with its last report still to be made; or, with none, because it was stopped. */
export interface AttemptEnd extends Ended {
  readonly last: LastReport | null;
}

/** An end at a moment at which no process of the build runs. */
const stoppedIdle: AttemptEnd = { last: null, killed: nothingKilled, nothingLeft: true };
const ended = (last: LastReport): AttemptEnd => ({ ...stoppedIdle, last });

interface Build {
  readonly grant: Grant;
  /** An empty folder of this attempt's own. */
  readonly workspace: string;
  readonly site: BuildSite;
  /** Takes every report but the last. */
  readonly report: (report: UnnumberedReport) => void;
  /** Told once nothing in the workspace is needed any more. */
  readonly onWorkspaceDone: () => void;
  readonly addLine: (line: LogLine) => void;
  readonly signal: AbortSignal;
}

/**
 * Builds one website from its claimed source to a preview that answers, reporting each step. Resolves to how it ended:
 * nothing of it runs then, or `nothingLeft` is false. Every wait in here is bounded: by the engine's time limits, or by
 * those of this file, which do not count the time in which the server can record nothing.
 */
export async function buildWebsite(build: Build): Promise<AttemptEnd> {
  const { grant, workspace, site, signal } = build;
  const gateway = createGatewayClient({ servers: site.servers, token: grant.artifactToken });
  const sourceFile = join(workspace, 'source.archive');
  const fetched = await tryTo(
    (limit) => gateway.fetchSource(grant.jobId, sourceFile, limit),
    transferTimeoutMs,
    signal,
  );
  switch (fetched.status) {
    case 'done':
      return await buildSource(build, sourceFile, gateway);
    case 'stopped':
      return stoppedIdle;
    case 'failed':
      build.report({ kind: 'step-started', step: 'extract', timeoutMs: reportGraceMs });
      return ended(
        stepFailure(build, fetched, {
          step: 'extract',
          code: 'source-unavailable',
          what: 'The source could not be fetched',
        }),
      );
    default:
      return fetched satisfies never;
  }
}

async function buildSource(build: Build, sourceFile: string, gateway: GatewayClient): Promise<AttemptEnd> {
  const { result, bundled, failed } = await runEngine(build, sourceFile);
  const { nothingLeft } = result;
  switch (result.status) {
    case 'failed':
      if (failed === null) throw new Error('A build failed without the failure of a step.');
      return { ...ended(failed), nothingLeft };
    case 'cancelled':
      return { last: null, killed: result.killed, nothingLeft };
    case 'built':
      if (bundled === null) throw new Error('A build ended well without the end of its last step.');
      return { ...(await publish(build, { gateway, output: result.output, bundled })), nothingLeft };
    default:
      return result satisfies never;
  }
}

/**
 * All reports go out but the last step's end, since that step is complete when the server has the output, and a failure,
 * which ends the attempt.
 */
async function runEngine(build: Build, sourceFile: string) {
  const { grant, workspace, site, report, signal } = build;
  // So that the assignments in the callback are seen.
  let bundled = null as StepCompleted | null;
  let failed = null as LastReport | null;
  const engineFolder = join(workspace, 'build');
  await mkdir(engineFolder);
  const result = await runBuild({
    workspace: engineFolder,
    sourceFile,
    settings: grant.settings,
    sandbox: createProcessGroupSandbox({ owner: site.owner, job: `${grant.jobId}/${grant.attempt}` }),
    hostEnvironment: site.hostEnvironment,
    variables: {},
    cacheDirectory: site.cacheDirectory,
    toolsDirectory: site.toolsDirectory,
    limits: site.limits,
    timeoutsMs: defaultStepTimeoutsMs,
    onReport(engineReport) {
      const made = reportOf(engineReport);
      if (made.kind === 'step-completed' && made.step === 'bundle') bundled = made;
      else if (made.kind === 'step-failed') failed = made;
      else report(made);
    },
    onLine: ({ at, step, stream, text }) => build.addLine({ at: new Date(at).toISOString(), step, stream, text }),
    signal,
  });
  return { result, bundled, failed };
}

async function publish(
  build: Build,
  {
    gateway,
    output,
    bundled,
  }: { readonly gateway: GatewayClient; readonly output: BuildOutput; readonly bundled: StepCompleted },
): Promise<AttemptEnd> {
  const { grant, report, signal } = build;
  const pack = () => packFolder(output.directory, { onlyOwnFiles: true });
  const published = await tryTo((limit) => gateway.publishOutput(grant.jobId, pack, limit), transferTimeoutMs, signal);
  switch (published.status) {
    case 'done':
      report(bundled);
      report({ kind: 'output-published', ...published.result, spa: output.spa });
      build.onWorkspaceDone();
      return await checkPreview(build, gateway);
    case 'stopped':
      return stoppedIdle;
    case 'failed':
      return ended(
        stepFailure(build, published, {
          ...bundled,
          code: 'output-not-published',
          what: 'The output could not be handed in',
        }),
      );
    default:
      return published satisfies never;
  }
}

async function checkPreview(build: Build, gateway: GatewayClient): Promise<AttemptEnd> {
  const { grant, site, report, signal } = build;
  const startedAt = performance.now();
  const timeoutMs = defaultStepTimeoutsMs.preview;
  report({ kind: 'step-started', step: 'preview', timeoutMs: timeoutMs + reportGraceMs });
  const host = `${grant.previewName}.${site.previewDomain}`;
  const answered = await tryTo((limit) => gateway.untilPreviewAnswers(host, limit), timeoutMs, signal);
  const usage = { ...noUsage, durationMs: Math.round(performance.now() - startedAt) };
  switch (answered.status) {
    case 'done':
      report({ kind: 'step-completed', step: 'preview', outcome: 'done', detail: null, ...usage });
      return ended({ kind: 'finished' });
    case 'stopped':
      return stoppedIdle;
    case 'failed':
      return ended(
        stepFailure(build, answered, {
          ...usage,
          step: 'preview',
          code: 'preview-unreachable',
          what: 'The preview did not answer',
        }),
      );
    default:
      return answered satisfies never;
  }
}

const noUsage = { durationMs: 0, exitCode: null, cpuMs: null, peakMemoryBytes: null };

/** A failure that is not the project's, but for what the server refuses for good. */
function stepFailure(
  { workspace }: Build,
  { error }: { readonly error: unknown },
  {
    step,
    code,
    what,
    ...usage
  }: Partial<StepUsage> & { readonly step: Step; readonly code: string; readonly what: string },
): LastReport {
  const refused = error instanceof GatewayRefused;
  // Where things lie on this machine concerns nobody who reads of a build.
  const reason = (error instanceof Error ? error.message : String(error)).replaceAll(workspace, '<workspace>');
  const { durationMs, exitCode, cpuMs, peakMemoryBytes } = { ...noUsage, ...usage };
  return {
    kind: 'step-failed',
    step,
    code,
    message: `${what}: ${reason}`.slice(0, maxMessageCharacters),
    hint: refused ? null : 'Nothing is known to be wrong with the project.',
    retryable: !refused,
    annotations: [],
    ...{ durationMs, exitCode, cpuMs, peakMemoryBytes },
  };
}

function reportOf(engineReport: BuildReport): UnnumberedReport {
  switch (engineReport.type) {
    case 'StepStarted': {
      const { step, timeoutMs } = engineReport.data;
      // Handing in the output belongs to the bundling step.
      const transferMs = step === 'bundle' ? transferTimeoutMs : 0;
      return { kind: 'step-started', step, timeoutMs: timeoutMs + transferMs + reportGraceMs };
    }
    case 'StepCompleted':
      return { kind: 'step-completed', ...engineReport.data };
    case 'StepFailed':
      return { kind: 'step-failed', ...engineReport.data };
    default:
      return engineReport satisfies never;
  }
}
