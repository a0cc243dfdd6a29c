import type { Report } from '@yardmaster/domain';

/** A report as the attempt makes it; the outbox gives it its number. */
export type UnnumberedReport = Report extends infer Kind
  ? Kind extends Report
    ? Omit<Kind, 'attempt' | 'seq'>
    : never
  : never;

/** Pause after a report could not be sent, and the longest wait for a report to be settled before it is sent again. */
const retryAfterMs = 500;
const resendAfterMs = 2_000;

export interface Outbox {
  /** Numbers a report and sends it, in order, as often as it takes until it is settled. */
  add(report: UnnumberedReport): void;
  /** Everything up to this number is recorded, or known to be needless. */
  settle(upToSeq: number): void;
  /** The orchestrator misses what begins at this number. */
  resend(fromSeq: number): void;
  /** Number of the last report that was made; 0 for none. */
  lastSeq(): number;
  /** Resolves when every report made so far is settled, or the outbox is stopped. */
  whenSettled(): Promise<void>;
  /** Sends nothing more, and lets go of timers and of those who wait. */
  stop(): void;
}

/**
 * Keeps the reports of one attempt until the orchestrator has settled them. Reports go out one at a time and in order;
 * sending one twice is harmless, losing one is not.
 */
export function createOutbox({
  attempt,
  send,
}: {
  readonly attempt: number;
  /** Resolves true once the report is safely on its way. */
  readonly send: (report: Report) => Promise<boolean>;
}): Outbox {
  const reports: Report[] = [];
  const waiters: (() => void)[] = [];
  let settledSeq = 0;
  let sentSeq = 0;
  let pumping = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  return {
    add(report) {
      reports.push({ ...report, attempt, seq: reports.length + 1 } as Report); // A kind with its number is that report.
      pump();
    },
    settle(upToSeq) {
      settledSeq = Math.max(settledSeq, Math.min(upToSeq, reports.length));
      if (!allSettled()) return;
      clearTimeout(timer);
      releaseWaiters();
    },
    resend(fromSeq) {
      sentSeq = Math.min(sentSeq, Math.max(fromSeq - 1, settledSeq));
      pump();
    },
    lastSeq: () => reports.length,
    whenSettled: () => (allSettled() || stopped ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve))),
    stop() {
      stopped = true;
      clearTimeout(timer);
      releaseWaiters();
    },
  };

  function allSettled(): boolean {
    return settledSeq === reports.length;
  }

  function releaseWaiters(): void {
    for (const resolve of waiters.splice(0)) resolve();
  }

  function pump(): void {
    if (pumping || stopped) return;
    pumping = true;
    clearTimeout(timer);
    void sendUnsent()
      .catch(() => false)
      .then((allSent) => {
        pumping = false;
        if (stopped || allSettled()) return;
        if (allSent && sentSeq < reports.length) return pump();
        timer = setTimeout(allSent ? sendAgain : pump, allSent ? resendAfterMs : retryAfterMs);
      });
  }

  /** False when a report could not be sent: the connection is away. */
  async function sendUnsent(): Promise<boolean> {
    while (!stopped) {
      sentSeq = Math.max(sentSeq, settledSeq);
      const report = reports[sentSeq];
      if (report === undefined) return true;
      if (!(await send(report))) return false;
      // Unless earlier ones were asked for while this one was on its way.
      if (sentSeq === report.seq - 1) sentSeq = report.seq;
    }
    return true;
  }

  function sendAgain(): void {
    sentSeq = settledSeq;
    pump();
  }
}
