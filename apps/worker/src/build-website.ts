import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ArchiveLimits,
  type BuildReport,
  type BuildResult,
  createProcessGroupSandbox,
  packFolder,
  runBuild,
} from '@yardmaster/build-runner';
import { defaultStepTimeoutsMs } from '@yardmaster/domain';
import type { LogLine } from '@yardmaster/protocol';
import { createGatewayClient, type GatewayClient } from './gateway-client.ts';
import type { UnnumberedReport } from './outbox.ts';
import type { Grant } from './slot-machine.ts';

/** Where a worker's builds run, and what they share. */
export interface BuildSite {
  /** Marks every build process, so that strays are found: `<instance>/<worker id>`. */
  readonly owner: string;
  readonly workspaces: string;
  readonly cacheDirectory: string;
  readonly toolsDirectory: string;
  readonly serverUrl: string;
  readonly previewDomain: string;
  readonly limits: ArchiveLimits;
  readonly hostEnvironment: Readonly<Record<string, string | undefined>>;
}

/** How long fetching the source and handing in the output may take, a restart of the server included. */
const transferTimeoutMs = 180_000;

/** The engine ends an overlong step itself and says why; only where that fails is the step timed out from outside. */
const reportGraceMs = 15_000;

interface Build {
  readonly grant: Grant;
  /** An empty folder of this attempt's own. */
  readonly workspace: string;
  readonly site: BuildSite;
  readonly report: (report: UnnumberedReport) => void;
  readonly addLine: (line: LogLine) => void;
  readonly signal: AbortSignal;
}

/**
 * Builds one website from its claimed source to a preview that answers, reporting each step. The last report is always
 * one that ends the attempt. Rejects only when the attempt could not even begin, or its output not be handed in.
 */
export async function buildWebsite(build: Build): Promise<void> {
  const { grant, workspace, site, signal } = build;
  const gateway = createGatewayClient({ serverUrl: site.serverUrl, token: grant.artifactToken });
  const sourceFile = join(workspace, 'source.archive');
  const fetched = await unlessStopped(signal, () => gateway.fetchSource(grant.jobId, sourceFile, timeLimit(signal)));
  if (!fetched) return build.report({ kind: 'stopped', killedProcesses: 0, proven: true });

  const result = await runEngine(build, sourceFile, gateway);
  switch (result.status) {
    case 'failed':
      return;
    case 'cancelled':
      return build.report({ kind: 'stopped', killedProcesses: result.killedProcesses, proven: result.proven });
    case 'published':
      return await checkPreview(build, gateway);
    default:
      result satisfies never;
  }
}

type EngineEnd = Exclude<BuildResult, { status: 'built' }> | { readonly status: 'published' };

/** The bundling step is complete, and reported so, when the server has the output. */
async function runEngine(build: Build, sourceFile: string, gateway: GatewayClient): Promise<EngineEnd> {
  const { grant, workspace, site, report, signal } = build;
  const { jobId, attempt } = grant;
  let bundled: UnnumberedReport | null = null;
  const engineFolder = join(workspace, 'build');
  await mkdir(engineFolder);
  const result = await runBuild({
    workspace: engineFolder,
    sourceFile,
    settings: grant.settings,
    sandbox: createProcessGroupSandbox({ owner: site.owner, job: `${jobId}/${attempt}` }),
    hostEnvironment: site.hostEnvironment,
    variables: {},
    cacheDirectory: site.cacheDirectory,
    toolsDirectory: site.toolsDirectory,
    limits: site.limits,
    timeoutsMs: defaultStepTimeoutsMs,
    onReport(engineReport) {
      const made = reportOf(engineReport);
      if (made.kind === 'step-completed' && made.step === 'bundle') bundled = made;
      else report(made);
    },
    onLine: ({ at, step, stream, text }) => build.addLine({ at: new Date(at).toISOString(), step, stream, text }),
    signal,
  });
  if (result.status !== 'built') return result;

  const { output } = result;
  const publish = () => gateway.publishOutput(jobId, () => packFolder(output.directory), timeLimit(signal));
  let published: Awaited<ReturnType<typeof publish>> | undefined;
  const done = await unlessStopped(signal, async () => {
    published = await publish();
  });
  if (!done || published === undefined || bundled === null) {
    return { status: 'cancelled', step: 'bundle', killedProcesses: 0, proven: true };
  }
  report(bundled);
  report({ kind: 'output-published', ...published, spa: output.spa });
  return { status: 'published' };
}

async function checkPreview({ grant, site, report, signal }: Build, gateway: GatewayClient): Promise<void> {
  const startedAt = performance.now();
  const timeoutMs = defaultStepTimeoutsMs.preview;
  const usage = () => ({
    durationMs: Math.round(performance.now() - startedAt),
    exitCode: null,
    cpuMs: null,
    peakMemoryBytes: null,
  });
  report({ kind: 'step-started', step: 'preview', timeoutMs });
  const host = `${grant.previewName}.${site.previewDomain}`;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const answered = await unlessStopped(signal, () => gateway.untilPreviewAnswers(host, limit));
    if (!answered) return report({ kind: 'stopped', killedProcesses: 0, proven: true });
  } catch (error) {
    return report({
      kind: 'step-failed',
      step: 'preview',
      code: 'preview-unreachable',
      message: `The preview did not answer: ${error instanceof Error ? error.message : String(error)}`.slice(0, 2_000),
      hint: 'Nothing is known to be wrong with the project.',
      retryable: true,
      annotations: [],
      ...usage(),
    });
  }
  report({ kind: 'step-completed', step: 'preview', outcome: 'done', detail: null, ...usage() });
  report({ kind: 'finished' });
}

/** False when the work ended because the attempt was stopped; any other failure is thrown. */
async function unlessStopped(signal: AbortSignal, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

function timeLimit(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(transferTimeoutMs)]);
}

function reportOf(engineReport: BuildReport): UnnumberedReport {
  switch (engineReport.type) {
    case 'StepStarted': {
      const { step, timeoutMs } = engineReport.data;
      return { kind: 'step-started', step, timeoutMs: timeoutMs + reportGraceMs };
    }
    case 'StepCompleted':
      return { kind: 'step-completed', ...engineReport.data };
    case 'StepFailed':
      return { kind: 'step-failed', ...engineReport.data };
    default:
      return engineReport satisfies never;
  }
}
