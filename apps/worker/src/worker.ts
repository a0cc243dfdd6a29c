import { randomUUID } from 'node:crypto';
import type { Log } from '@yardmaster/application';
import type { JobId, WorkerId } from '@yardmaster/domain';
import type { WorkerMessaging } from '@yardmaster/messaging';
import { type ControlMessage, heartbeatIntervalMs, type WorkItem } from '@yardmaster/protocol';
import { createActor, fromPromise, waitFor } from 'xstate';
import { type Attempt, type AttemptOptions, startAttempt } from './attempt.ts';
import { type Grant, slotMachine } from './slot-machine.ts';

/** A work item that a slot has pulled, and how to tell the queue that it needs no other slot. */
export interface Offer {
  readonly item: WorkItem;
  readonly ack: () => void;
}

/** A claim without an answer is asked again, the same one, this often and with this pause. */
const maxClaimTries = 5;
const claimRetryMs = 500;

export interface WorkerOptions extends Omit<AttemptOptions, 'grant' | 'messaging'> {
  readonly workerId: WorkerId;
  readonly pool: string;
  readonly slots: number;
  readonly messaging: WorkerMessaging;
  readonly log: Log;
}

export interface Worker {
  /**
   * Gives back what is being built (each build's processes are killed and the attempt reported as stopped), waits
   * bounded for the reports to be settled, and ends. Idempotent.
   */
  stop(): Promise<void>;
}

/** How long a stopping worker waits for its last reports to be settled. */
const longestSettleMs = 3_000;

/**
 * A worker: slots that pull, claim and build side by side, one voice for heartbeats, one ear for control messages. It
 * keeps nothing: what it was doing is in the log, and a new session of the same worker starts with empty hands.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { workerId, messaging, log } = options;
  const workerSession = randomUUID();
  const attempts = new Map<JobId, Attempt>();
  const stopping = new AbortController();
  let heartbeats = 0;

  const control = messaging.onControl(obey);
  const slots = Array.from({ length: options.slots }, () => createSlot());
  beat();
  const heart = setInterval(beat, heartbeatIntervalMs);
  for (const slot of slots) slot.start();
  let stopped: Promise<void> | null = null;

  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };

  async function stop(): Promise<void> {
    stopping.abort();
    for (const slot of slots) slot.send({ type: 'DRAIN' });
    beat();
    for (const attempt of attempts.values()) attempt.handBack();
    await Promise.all(slots.map((slot) => waitFor(slot, (state) => state.status !== 'active')));
    clearInterval(heart);
    await control.stop();
  }

  function beat(): void {
    heartbeats += 1;
    const busy = slots.filter((slot) => !slot.getSnapshot().matches('idle')).length;
    messaging.heartbeat({
      workerId,
      workerSession,
      seq: heartbeats,
      pool: options.pool,
      slots: options.slots,
      freeSlots: options.slots - busy,
      draining: stopping.signal.aborted,
      attempts: [...attempts].map(([jobId, { attempt, lastReportSeq }]) => ({
        jobId,
        attempt,
        lastReportSeq: lastReportSeq(),
      })),
    });
  }

  function obey(message: ControlMessage): void {
    if (message.type === 'drain') {
      void stop();
      return;
    }
    const attempt = attempts.get(message.jobId);
    if (attempt === undefined || attempt.attempt !== message.attempt) return;
    switch (message.type) {
      case 'reports-settled':
        attempt.settle(message.upToSeq);
        break;
      case 'resend-reports':
        attempt.resend(message.fromSeq);
        break;
      case 'stop-build':
        attempt.stop();
        break;
      default:
        message satisfies never;
    }
  }

  function createSlot() {
    const offers = messaging.pullWork(stopping.signal)[Symbol.asyncIterator]();
    return createActor(
      slotMachine.provide({
        actors: {
          waitForWork: fromPromise(async () => {
            const next = await offers.next();
            return next.done === true ? null : next.value;
          }),
          claim: fromPromise(({ input }) => claim(input.offer)),
          build: fromPromise(({ input }) => build(input.grant)),
          settle: fromPromise(({ input }) => settle(input.grant)),
        },
      }),
    );
  }

  /** Null when the build is not ours: refused, or there was no answer, which means the same. */
  async function claim({ item, ack }: Offer): Promise<Grant | null> {
    const request = { attempt: item.attempt, workerSession, claimId: randomUUID() };
    for (let tries = 0; tries < maxClaimTries && !stopping.signal.aborted; tries += 1) {
      const reply = await messaging.claim(item.jobId, request);
      if (reply !== null) {
        ack();
        if (!reply.granted) log.info({ jobId: item.jobId, code: reply.code }, 'A claim was refused.');
        return reply.granted ? reply : null;
      }
      await new Promise((resolve) => setTimeout(resolve, claimRetryMs));
    }
    return null;
  }

  async function build(grant: Grant): Promise<void> {
    const attempt = startAttempt({ ...options, grant });
    attempts.set(grant.jobId, attempt);
    beat();
    if (stopping.signal.aborted) attempt.handBack();
    await attempt.ended;
  }

  /** The slot is free when everything it reported is settled; a stopping worker waits for that only so long. */
  async function settle({ jobId }: Grant): Promise<void> {
    const attempt = attempts.get(jobId);
    if (attempt === undefined) return;
    const giveUp = new Promise<void>((resolve) => {
      const begin = () => setTimeout(resolve, longestSettleMs);
      if (stopping.signal.aborted) begin();
      else stopping.signal.addEventListener('abort', begin, { once: true });
    });
    await Promise.race([attempt.whenSettled(), giveUp]);
    attempts.delete(jobId);
    attempt.release();
    beat();
  }
}
