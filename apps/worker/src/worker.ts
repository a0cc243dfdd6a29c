import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@yardmaster/application';
import type { WorkerId } from '@yardmaster/domain';
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
   * Takes no further work, and lets go on what is being built. Resolves when all of that has ended and is recorded, when
   * the time is up, or when the signal aborts. To be called before `stop`.
   */
  finish(patience: { readonly withinMs: number; readonly signal: AbortSignal }): Promise<void>;
  /**
   * Hands back what is being built: each build's processes are killed, and its attempt is reported as returned. Waits for
   * the reports to be settled for at most {@link longestSettleMs}, and for everything for at most {@link longestStopMs},
   * so that whoever stops the worker never has to kill it. Idempotent.
   */
  stop(): Promise<void>;
}

/**
 * Counted from the call of `stop`. Killing takes up to two seconds where a build ignores SIGTERM, and the removal of its
 * workspace may take two more.
 */
const longestSettleMs = 5_000;
const longestStopMs = 6_500;

/**
 * A worker: slots that pull, claim and build side by side, one voice for heartbeats, one ear for control messages. It
 * keeps nothing: what it was doing is in the log, and a new session of the same worker starts with empty hands.
 *
 * A drain ends nothing: slots take no further work, and the worker stays to finish what it has.
 */
export function startWorker(options: WorkerOptions): Worker {
  const { workerId, messaging, log } = options;
  const workerSession = randomUUID();
  /** Two attempts of one job may be side by side: one that is being stopped, and the one after it. */
  const attempts = new Set<Attempt>();
  const draining = new AbortController();
  let leaving = false;
  let givenUp = false;
  let heartbeats = 0;

  const control = messaging.onControl(obey);
  const slots = Array.from({ length: options.slots }, createSlot);
  beat();
  const heart = setInterval(beat, heartbeatIntervalMs);
  for (const slot of slots) slot.start();
  let stopped: Promise<void> | null = null;

  return {
    finish,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };

  function drain(): void {
    if (draining.signal.aborted) return;
    draining.abort();
    for (const slot of slots) slot.send({ type: 'DRAIN' });
    beat();
  }

  async function finish({ withinMs, signal }: Parameters<Worker['finish']>[0]): Promise<void> {
    drain();
    if (withinMs === 0 || signal.aborted) return;
    if (attempts.size > 0) {
      const seconds = Math.ceil(withinMs / 1_000);
      log.warn(
        { workerId, builds: attempts.size },
        `Builds may go on for ${seconds} s; what is left then is handed back.`,
      );
    }
    await Promise.race([untilSlotsEnd(), once(AbortSignal.any([signal, AbortSignal.timeout(withinMs)]), 'abort')]);
    if (attempts.size > 0) log.warn({ workerId, builds: attempts.size }, 'Builds under way are handed back.');
  }

  async function untilSlotsEnd(): Promise<void> {
    await Promise.all(slots.map((slot) => waitFor(slot, (state) => state.status !== 'active')));
  }

  async function stop(): Promise<void> {
    leaving = true;
    drain();
    for (const attempt of attempts) attempt.stop('worker-leaves');
    const giveUp = setTimeout(() => {
      givenUp = true;
      for (const attempt of attempts) attempt.release();
    }, longestSettleMs);
    const overdue = new AbortController();
    const tooLong = sleep(longestStopMs, 'too-long', overdue).catch(() => {});
    if ((await Promise.race([untilSlotsEnd(), tooLong])) === 'too-long') {
      log.warn({ workerId, attempts: attempts.size }, 'The worker leaves before its builds have ended.');
    }
    overdue.abort();
    clearTimeout(giveUp);
    clearInterval(heart);
    for (const attempt of attempts) attempt.release();
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
      draining: draining.signal.aborted,
      attempts: [...attempts].map(({ jobId, attempt, lastReportSeq }) => ({
        jobId,
        attempt,
        lastReportSeq: lastReportSeq(),
      })),
    });
  }

  function obey(message: ControlMessage): void {
    if (message.type === 'drain') {
      drain();
      return;
    }
    const attempt = attemptOf(message);
    switch (message.type) {
      case 'reports-settled':
        attempt?.settle(message.upToSeq);
        break;
      case 'resend-reports':
        attempt?.resend(message.fromSeq);
        break;
      case 'stop-build':
        attempt?.stop('asked');
        break;
      default:
        message satisfies never;
    }
  }

  function attemptOf({ jobId, attempt }: Pick<Attempt, 'jobId' | 'attempt'>): Attempt | undefined {
    return [...attempts].find((held) => held.jobId === jobId && held.attempt === attempt);
  }

  function createSlot() {
    let offers = newOffers();
    return createActor(
      slotMachine.provide({
        actors: {
          waitForWork: fromPromise(async () => {
            const next = await offers.next();
            if (next.done !== true) return next.value;
            if (draining.signal.aborted) return null;
            offers = newOffers();
            throw new Error('The supply of work ended by itself.'); // The slot pauses, and then tries the new one.
          }),
          claim: fromPromise(({ input }) => claim(input.offer)),
          build: fromPromise(({ input }) => build(input.grant)),
          settle: fromPromise(({ input }) => settle(input.grant)),
        },
      }),
    );
  }

  function newOffers(): AsyncIterator<Offer> {
    return messaging.pullWork(draining.signal)[Symbol.asyncIterator]();
  }

  /** Null when the build is not ours: refused, or there was no answer, which means the same. */
  async function claim({ item, ack }: Offer): Promise<Grant | null> {
    const request = { attempt: item.attempt, workerSession, claimId: randomUUID() };
    for (let tries = 0; tries < maxClaimTries && !leaving; tries += 1) {
      if (tries > 0) await sleep(claimRetryMs);
      const reply = await messaging.claim(item.jobId, request);
      if (reply === null) continue;
      ack();
      if (!reply.granted) log.info({ jobId: item.jobId, code: reply.code }, 'A claim was refused.');
      return reply.granted ? reply : null;
    }
    return null;
  }

  /** A grant that arrives after `stop` is handed back like any other build. */
  async function build(grant: Grant): Promise<void> {
    const attempt = startAttempt({ ...options, grant });
    attempts.add(attempt);
    beat();
    if (leaving) attempt.stop('worker-leaves');
    if (givenUp) attempt.release();
    await attempt.ended;
  }

  /** The slot is free when everything it reported is settled. */
  async function settle(grant: Grant): Promise<void> {
    const attempt = attemptOf(grant);
    if (attempt === undefined) return;
    await attempt.whenSettled();
    attempt.release();
    attempts.delete(attempt);
    beat();
  }
}
