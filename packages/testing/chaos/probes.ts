import { setTimeout as delay } from 'node:timers/promises';
import type { Availability } from './availability.ts';
import { sendTo, uploadBody } from './client.ts';
import type { Installation } from './installation.ts';

const PROBE_EVERY_MS = 100;
/**
 * How long the load balancer waits for a gateway before it asks another one; each time it asks the same one again it waits
 * twice as long, since giving up on what is only slow makes it slower.
 */
const GATEWAY_PATIENCE_MS = 1_000;
const PAUSE_AFTER_FAILURE_MS = 50;
const MAX_PROBES_AT_ONCE = 150;
/** Failures that are told in words. */
const MAX_NAMED_FAILURES = 10;
/** What is no archive is refused with this, after it was received, inspected and recorded. */
const REFUSAL = { status: 415, code: 'archive-unrecognised' };

export interface ProbeReport {
  readonly sent: number;
  readonly succeeded: number;
  /** Probes that a pause began or ended in the middle of. */
  readonly discarded: number;
  /** The longest time without a success in which somebody was meant to answer. */
  readonly longestGapMs: number;
  readonly longestAnswerMs: number;
  readonly failures: readonly string[];
  /** The file names of all that were refused as they should be; each was recorded before it was answered. */
  readonly refusedFiles: ReadonlySet<string>;
}

/**
 * Uploads that are refused for their content, ten in a second, through what behaves like a load balancer: no connection, a
 * 5xx or no answer within a second (in the next round two, …), and it asks the next gateway, for `patienceMs` in all.
 */
export function startProbes({
  installation,
  availability,
  patienceMs,
}: {
  readonly installation: Installation;
  readonly availability: Availability;
  readonly patienceMs: number;
}): { stop(): Promise<ProbeReport> } {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const refusedFiles = new Set<string>();
  const failures: string[] = [];
  let [sent, succeeded, discarded, longestAnswerMs, longestGapMs] = [0, 0, 0, 0, 0];
  let lastSuccess = { epoch: availability.epoch(), atMs: performance.now() };

  async function probe(number: number): Promise<void> {
    const epoch = availability.epoch();
    const beganMs = performance.now();
    const fileName = `probe-${number}.zip`;
    const failure = await ask(fileName, { firstGateway: number, deadlineMs: beganMs + patienceMs });
    const endedMs = performance.now();
    if (failure === null) refusedFiles.add(fileName);
    if (epoch !== availability.epoch() || stopping.signal.aborted) {
      discarded += 1;
      return;
    }
    sent += 1;
    if (failure !== null) {
      if (failures.length < MAX_NAMED_FAILURES) failures.push(`${new Date().toISOString()} ${failure}`);
      return;
    }
    succeeded += 1;
    longestAnswerMs = Math.max(longestAnswerMs, endedMs - beganMs);
    if (lastSuccess.epoch === epoch) longestGapMs = Math.max(longestGapMs, endedMs - lastSuccess.atMs);
    lastSuccess = { epoch, atMs: endedMs };
  }

  /** Null when it was refused as it should be, or else the last thing that went wrong. */
  async function ask(
    fileName: string,
    { firstGateway, deadlineMs }: { readonly firstGateway: number; readonly deadlineMs: number },
  ): Promise<string | null> {
    const body = await uploadBody({ fields: { name: 'Probe' }, fileName, archive: Buffer.from('no archive at all') });
    let failure = 'nobody was asked';
    for (let turn = 0; performance.now() < deadlineMs; turn++) {
      const gateways = installation.gateways();
      const gateway = gateways[(firstGateway + turn) % gateways.length];
      if (gateway === undefined) return failure;
      const round = Math.floor(turn / gateways.length);
      const leftMs = Math.max(1, Math.round(deadlineMs - performance.now()));
      const signal = AbortSignal.timeout(Math.min(leftMs, GATEWAY_PATIENCE_MS * 2 ** round));
      const answer = await sendTo(gateway, installation, { method: 'POST', path: '/upload', body, signal }).catch(
        (error: unknown) => `${gateway.id}: ${reasonOf(error)}`,
      );
      if (typeof answer === 'string') failure = answer;
      else if (answer.status === REFUSAL.status && answer.text.includes(`"${REFUSAL.code}"`)) return null;
      else failure = `${gateway.id} answered ${answer.status}: ${answer.text.slice(0, 200)}`;
      if (typeof answer !== 'string' && answer.status < 500) return failure;
      await delay(PAUSE_AFTER_FAILURE_MS);
    }
    return failure;
  }

  const probing = (async () => {
    for (let number = 1; !stopping.signal.aborted; number++) {
      if (availability.isMeant() && underWay.size < MAX_PROBES_AT_ONCE) {
        const one: Promise<void> = probe(number).finally(() => underWay.delete(one));
        underWay.add(one);
      }
      await delay(PROBE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();

  return {
    async stop() {
      await Promise.all(underWay); // what was asked shall be answered
      stopping.abort();
      await probing;
      await Promise.all(underWay);
      return { sent, succeeded, discarded, longestGapMs, longestAnswerMs, failures, refusedFiles };
    },
  };
}

/** `fetch` hides the reason behind its own words. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
