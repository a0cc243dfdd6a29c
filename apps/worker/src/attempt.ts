import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@yardmaster/application';
import { type Ended, endStrayProcesses, nothingKilled, removeWorkspace } from '@yardmaster/build-runner';
import { type JobId, maxKilledProcessesNamed, maxPortsNamed } from '@yardmaster/domain';
import type { WorkerMessaging } from '@yardmaster/messaging';
import { type AttemptEnd, type BuildSite, buildWebsite, longestRemovalMs } from './build-website.ts';
import { createLogShipper } from './log-shipper.ts';
import { createOutbox, type UnnumberedReport } from './outbox.ts';
import type { Grant } from './slot-machine.ts';

/** Counted from the moment at which the worker leaves: nobody waits longer for it, so that its last word must be out. */
const longestRemovalOnLeavingMs = 4_000;

const noStrays: Ended = { killed: nothingKilled, nothingLeft: true };

export interface AttemptOptions {
  readonly grant: Grant;
  readonly messaging: Pick<WorkerMessaging, 'sendReport' | 'sendLogs'>;
  readonly site: BuildSite;
  readonly log: Log;
}

/** Why an attempt ends early: the orchestrator said so, or this worker goes away and hands the build back. */
export type StopReason = 'asked' | 'worker-leaves';

/** One attempt at a build, from the claim to the last settled report. */
export interface Attempt {
  readonly jobId: JobId;
  readonly attempt: number;
  lastReportSeq(): number;
  settle(upToSeq: number): void;
  resend(fromSeq: number): void;
  /** Ends it, killing every process; the last report says what was killed. Idempotent; the first reason counts. */
  stop(reason: StopReason): void;
  /** Resolves when its last report is made; never rejects. */
  readonly ended: Promise<void>;
  /** Resolves when everything that it reported is settled, or at `release`. */
  whenSettled(): Promise<void>;
  /** Sends nothing more and waits for nothing more. Idempotent; to be called last. */
  release(): void;
}

/**
 * The last report is made when no process of the attempt runs any more and its workspace is gone. Where one of these
 * could not be brought about, a report about a stopped attempt says so; any other is a warning in the worker's log.
 */
export function startAttempt({ grant, messaging, site, log }: AttemptOptions): Attempt {
  const { jobId, attempt } = grant;
  const workspace = join(site.workspaces, `${jobId}-${attempt}`);
  const abort = new AbortController();
  const leaving = new AbortController();
  const outbox = createOutbox({ attempt, send: (report) => messaging.sendReport(jobId, report) });
  const lines = createLogShipper({ jobId, attempt, send: (batch) => messaging.sendLogs(batch) });
  let removal: Promise<boolean> | null = null;

  return {
    jobId,
    attempt,
    lastReportSeq: outbox.lastSeq,
    settle: outbox.settle,
    resend: outbox.resend,
    stop(reason) {
      abort.abort(reason);
      if (reason === 'worker-leaves') setTimeout(() => leaving.abort(), longestRemovalOnLeavingMs).unref();
    },
    ended: run(),
    whenSettled: outbox.whenSettled,
    release() {
      outbox.stop();
      lines.stop();
    },
  };

  async function run(): Promise<void> {
    const end = await build();
    const flushed = lines.end();
    const strays = end.last === null ? await endStrayProcesses({ job: `${jobId}/${attempt}` }) : noStrays;
    const workspaceRemoved = await removeOnce();
    const nothingLeft = end.nothingLeft && strays.nothingLeft;
    if (!nothingLeft || !workspaceRemoved) {
      log.warn({ jobId, attempt, nothingLeft, workspaceRemoved }, 'An attempt could not be cleared away whole.');
    }
    outbox.add(lastReport(end, { strays, workspaceRemoved }));
    await flushed;
  }

  async function build(): Promise<AttemptEnd> {
    try {
      await mkdir(workspace, { recursive: true });
      return await buildWebsite({
        grant,
        workspace,
        site,
        report: outbox.add,
        onWorkspaceDone: () => void removeOnce(),
        addLine: lines.add,
        signal: abort.signal,
      });
    } catch (error) {
      log.error({ jobId, attempt, error }, 'An attempt broke; it is handed back.');
      return { last: null, killed: nothingKilled, nothingLeft: false };
    }
  }

  function removeOnce(): Promise<boolean> {
    removal ??= removeWorkspace(workspace, AbortSignal.any([leaving.signal, AbortSignal.timeout(longestRemovalMs)]));
    return removal;
  }

  /** Who asked for the end wants to know what it took, even where the attempt was just ending by itself. */
  function lastReport(
    { last, killed, nothingLeft }: AttemptEnd,
    { strays, workspaceRemoved }: { readonly strays: Ended; readonly workspaceRemoved: boolean },
  ): UnnumberedReport {
    const reason: StopReason | null = abort.signal.reason ?? null;
    if (last !== null && reason !== 'asked') return last;
    return {
      kind: reason === 'worker-leaves' ? 'returned' : 'stopped',
      killedProcesses: killed.count + strays.killed.count,
      proven: nothingLeft && strays.nothingLeft && workspaceRemoved,
      killed: {
        processes: [...killed.processes, ...strays.killed.processes].slice(0, maxKilledProcessesNamed),
        ports: [...new Set([...killed.ports, ...strays.killed.ports])].slice(0, maxPortsNamed),
        workspaceRemoved,
      },
    };
  }
}
