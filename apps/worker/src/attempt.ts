import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '@yardmaster/application';
import { removeWorkspace } from '@yardmaster/build-runner';
import type { JobId } from '@yardmaster/domain';
import type { WorkerMessaging } from '@yardmaster/messaging';
import { type BuildSite, buildWebsite } from './build-website.ts';
import { createLogShipper } from './log-shipper.ts';
import { createOutbox, type UnnumberedReport } from './outbox.ts';
import type { Grant } from './slot-machine.ts';

export interface AttemptOptions {
  readonly grant: Grant;
  readonly messaging: WorkerMessaging;
  readonly site: BuildSite;
  readonly log: Log;
}

/** One attempt at a build, from the claim to the last settled report. */
export interface Attempt {
  readonly attempt: number;
  lastReportSeq(): number;
  settle(upToSeq: number): void;
  resend(fromSeq: number): void;
  /** Ends it, killing every process; the last report says what was killed. Idempotent. */
  stop(): void;
  /** The same, because this worker goes away: the build is handed back to the queue and loses nothing by it. */
  handBack(): void;
  /** Resolves when nothing of it runs any more and its last report is made; never rejects. */
  readonly ended: Promise<void>;
  whenSettled(): Promise<void>;
  /** Lets go of timers; to be called last. */
  release(): void;
}

export function startAttempt({ grant, messaging, site, log }: AttemptOptions): Attempt {
  const { jobId, attempt } = grant;
  const abort = new AbortController();
  const outbox = createOutbox({ attempt, send: (report) => messaging.sendReport(jobId, report) });
  const lines = createLogShipper({ jobId, attempt, send: (batch) => messaging.sendLogs(batch) });

  let leaving = false;

  return {
    attempt,
    lastReportSeq: outbox.lastSeq,
    settle: outbox.settle,
    resend: outbox.resend,
    stop: () => abort.abort(),
    handBack() {
      leaving = true;
      abort.abort();
    },
    ended: run(),
    whenSettled: outbox.whenSettled,
    release: outbox.stop,
  };

  function report(made: UnnumberedReport): void {
    outbox.add(made.kind === 'stopped' && leaving ? { ...made, kind: 'returned' } : made);
  }

  async function run(): Promise<void> {
    const workspace = join(site.workspaces, workspaceName(jobId, attempt));
    try {
      await mkdir(workspace, { recursive: true });
      await buildWebsite({
        grant,
        workspace,
        site,
        report,
        addLine: lines.add,
        signal: abort.signal,
      });
    } catch (error) {
      log.error({ jobId, attempt, error }, 'An attempt broke; it is handed back.');
      outbox.add({ kind: 'stopped', killedProcesses: 0, proven: false });
    }
    await lines.end();
    await removeWorkspace(workspace).catch((error) => log.warn({ jobId, error }, 'A workspace could not be removed.'));
  }
}

function workspaceName(jobId: JobId, attempt: number): string {
  return `${jobId}-${attempt}`;
}
