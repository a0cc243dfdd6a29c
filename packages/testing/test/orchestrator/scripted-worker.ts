import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '@yardmaster/application';
import { type JobId, type Report, steps, WorkerId } from '@yardmaster/domain';
import { connectNats, createWorkerMessaging, workerInboxPrefix } from '@yardmaster/messaging';
import { type ClaimReply, type ControlMessage, lastReportKinds } from '@yardmaster/protocol';
import { outputPublished, stepCompleted, stepStarted } from '../../src/build-history.ts';

const heartbeatEveryMs = 100;
const resendEveryMs = 1_000;
const retryEveryMs = 50;

interface Held {
  readonly attempt: number;
  lastReportSeq(): number;
  /** True for the number of the report that ends the attempt. */
  isLast(seq: number): boolean;
  free(): void;
}

/** An attempt that a test holds in its hands. */
export interface HeldBuild {
  readonly jobId: JobId;
  readonly attempt: number;
  report(report: Report): Promise<void>;
  /** Sends every report from the first step to the last, as a worker does whose build goes well; each step takes `stepMs`. */
  finish(options?: { readonly stepMs?: number }): Promise<void>;
  /** Resolves when the orchestrator says something of this kind about the attempt. */
  told(type: ControlMessage['type']): Promise<ControlMessage>;
}

/** A worker over the real wire which builds nothing: the test decides what it reports, and when it dies. */
export interface ScriptedWorker {
  /** The next build that is granted to one of its slots. */
  nextBuild(): Promise<HeldBuild>;
  /** Stops at once and for good, without a word. */
  vanish(): Promise<void>;
}

export function startScriptedWorker({
  id,
  url,
  slots,
}: {
  readonly id: string;
  readonly url: string;
  readonly slots: number;
}): ScriptedWorker {
  const workerId = WorkerId.parse(id);
  const workerSession = randomUUID();
  const inboxPrefix = workerInboxPrefix(workerId);
  const connection = connectNats({ url, seed: null, name: id, inboxPrefix, log: silentLog });
  const messaging = createWorkerMessaging({ connection, workerId, pool: 'default', log: silentLog });
  const gone = new AbortController();
  const held = new Map<JobId, Held>();
  const granted = createQueue<HeldBuild>();
  const listeners = new Set<(message: ControlMessage) => void>();
  const heard: ControlMessage[] = [];
  let heartbeats = 0;

  const control = messaging.onControl((message) => {
    heard.push(message);
    for (const listener of [...listeners]) listener(message);
    if (message.type === 'drain') return;
    const build = held.get(message.jobId);
    if (build?.attempt !== message.attempt) return;
    if (message.type === 'stop-build' && message.reason === 'superseded') build.free();
    if (message.type === 'reports-settled' && build.isLast(message.upToSeq)) build.free();
  });
  const heart = setInterval(beat, heartbeatEveryMs);
  const running = Promise.all(Array.from({ length: slots }, runSlot));

  return {
    nextBuild: granted.next,
    async vanish() {
      gone.abort();
      clearInterval(heart);
      for (const build of held.values()) build.free();
      await Promise.all([control.stop(), connection.stop(), running]);
    },
  };

  function beat(): void {
    heartbeats += 1;
    const attempts = [...held].map(([jobId, { attempt, lastReportSeq }]) => ({
      jobId,
      attempt,
      lastReportSeq: lastReportSeq(),
    }));
    const freeSlots = slots - attempts.length;
    messaging.heartbeat({
      ...{ workerId, workerSession, seq: heartbeats, pool: 'default' },
      ...{ slots, freeSlots, draining: false, attempts },
    });
  }

  async function runSlot(): Promise<void> {
    for await (const { item, ack } of messaging.pullWork(gone.signal)) {
      const request = { attempt: item.attempt, workerSession, claimId: randomUUID() };
      let reply: ClaimReply | null = null;
      while (reply === null && !gone.signal.aborted) {
        reply = await messaging.claim(item.jobId, request);
        if (reply === null) await delay(retryEveryMs);
      }
      ack();
      if (reply?.granted === true) await hold(reply);
    }
  }

  /** Resolves when the last report is settled: the slot is free. */
  async function hold({ jobId, attempt }: Extract<ClaimReply, { granted: true }>): Promise<void> {
    const free = Promise.withResolvers<void>();
    const sent: Report[] = [];
    const send = async (report: Report) => {
      while (!(await messaging.sendReport(jobId, report)) && !gone.signal.aborted) await delay(retryEveryMs);
    };
    const report = async (made: Report) => {
      sent.push(made);
      await send(made);
    };
    // What was not settled is sent again, as by every worker: an answer may be lost.
    const again = setInterval(() => void Promise.all(sent.map(send)), resendEveryMs);
    held.set(jobId, {
      attempt,
      lastReportSeq: () => Math.max(0, ...sent.map(({ seq }) => seq)),
      isLast: (seq) => sent.some((made) => made.seq === seq && lastReportKinds.has(made.kind)),
      free: free.resolve,
    });
    beat();
    granted.push({
      jobId,
      attempt,
      report,
      async finish({ stepMs = 0 } = {}) {
        for (const each of allReports(attempt)) {
          if (each.kind === 'step-completed' && stepMs > 0) await delay(stepMs);
          await report(each);
        }
      },
      told: (type) => told((message) => message.type === type && 'jobId' in message && message.jobId === jobId),
    });
    await free.promise;
    clearInterval(again);
    held.delete(jobId);
  }

  function told(wanted: (message: ControlMessage) => boolean): Promise<ControlMessage> {
    const before = heard.find(wanted);
    if (before !== undefined) return Promise.resolve(before);
    return new Promise((resolve) => {
      const listener = (message: ControlMessage) => {
        if (!wanted(message)) return;
        listeners.delete(listener);
        resolve(message);
      };
      listeners.add(listener);
    });
  }
}

function allReports(attempt: number): readonly Report[] {
  let seq = 0;
  const next = () => {
    seq += 1;
    return { attempt, seq };
  };
  const step = (name: (typeof steps)[number]) => [stepStarted(name, next()), stepCompleted(name, next())];
  return [
    ...steps.filter((name) => name !== 'preview').flatMap(step),
    outputPublished(next()),
    ...step('preview'),
    { kind: 'finished', ...next() },
  ];
}

function createQueue<Item>() {
  const items: Item[] = [];
  const waiting: ((item: Item) => void)[] = [];
  return {
    push(item: Item) {
      const first = waiting.shift();
      if (first === undefined) items.push(item);
      else first(item);
    },
    next: () => {
      const first = items.shift();
      return first === undefined ? new Promise<Item>((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
  };
}
