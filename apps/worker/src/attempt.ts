import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@yardmaster/application';
import { removeWorkspace } from '@yardmaster/build-runner';
import type { JobId } from '@yardmaster/domain';
import type { WorkerMessaging } from '@yardmaster/messaging';
import { type BuildSite, buildWebsite, nothingNamed } from './build-website.ts';
import { createLogShipper } from './log-shipper.ts';
import { createOutbox, type UnnumberedReport } from './outbox.ts';
import type { Grant } from './slot-machine.ts';

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
  /** Resolves when nothing of it runs any more and its last report is made; never rejects. */
  readonly ended: Promise<void>;
  /** Resolves when everything that it reported is settled, or at `release`. */
  whenSettled(): Promise<void>;
  /** Sends nothing more and waits for nothing more. Idempotent; to be called last. */
  release(): void;
}

export function startAttempt({ grant, messaging, site, log }: AttemptOptions): Attempt {
  const { jobId, attempt } = grant;
  const abort = new AbortController();
  const outbox = createOutbox({ attempt, send: (report) => messaging.sendReport(jobId, report) });
  const lines = createLogShipper({ jobId, attempt, send: (batch) => messaging.sendLogs(batch) });

  return {
    jobId,
    attempt,
    lastReportSeq: outbox.lastSeq,
    settle: outbox.settle,
    resend: outbox.resend,
    stop: (reason) => abort.abort(reason),
    ended: run(),
    whenSettled: outbox.whenSettled,
    release() {
      outbox.stop();
      lines.stop();
    },
  };

  async function run(): Promise<void> {
    const workspace = join(site.workspaces, `${jobId}-${attempt}`);
    try {
      await mkdir(workspace, { recursive: true });
      await buildWebsite({ grant, workspace, site, report, addLine: lines.add, signal: abort.signal });
    } catch (error) {
      log.error({ jobId, attempt, error }, 'An attempt broke; it is handed back.');
      report({ kind: 'stopped', killedProcesses: 0, proven: false, killed: nothingNamed });
    }
    await lines.end();
    await removeWorkspace(workspace).catch((error) => log.warn({ jobId, error }, 'A workspace could not be removed.'));
  }

  function report(made: UnnumberedReport): void {
    const leaves = abort.signal.reason === ('worker-leaves' satisfies StopReason);
    outbox.add(made.kind === 'stopped' && leaves ? { ...made, kind: 'returned' } : made);
  }
}
