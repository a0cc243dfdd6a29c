import { setTimeout as delay } from 'node:timers/promises';
import { UploadAnswer } from '@yardmaster/protocol';
import { sendTo, uploadBody } from './client.ts';
import type { Installation } from './installation.ts';
import type { Journal } from './journal.ts';
import type { LogTap } from './log-tap.ts';
import { reasonOf } from './probes.ts';
import { failsIn, type MakeArchive, type ProjectKind } from './projects.ts';
import type { Random } from './random.ts';

const MAX_OPEN_BUILDS = 24;
const POLL_MS = 50;
/** A careful client waits so long for an answer, and then asks again with the same key. */
const ANSWER_PATIENCE_MS = 10_000;
const MAX_PAUSE_BETWEEN_ATTEMPTS_MS = 400;
/** After this nobody would go on asking; the upload then counts as never acknowledged. */
const GIVE_UP_AFTER_MS = 180_000;
/** Some clients break off their first attempt in the middle. */
const BROKEN_OFF = { chance: 0.1, afterMs: 60 };
const CANCELLED = { chance: 0.1, afterMs: 4_000 };

/** An upload and what became of it as far as its client knows. */
export interface Asked {
  readonly number: number;
  readonly kind: ProjectKind;
  /** Is on its page, and on nobody else's. */
  readonly mark: string;
  readonly attempts: number;
  /** Null when it was never acknowledged; then `refusal` says what came last. */
  readonly jobId: string | null;
  readonly refusal: string | null;
  /** What the answer to a cancel said: that it counts, or that the build had ended before. */
  readonly cancel: 'accepted' | 'ended' | null;
}

export interface Uploads {
  readonly asked: readonly Asked[];
  /** Acknowledged and without an end as far as the log was read. */
  open(): readonly Asked[];
  /** Resolves when all are acknowledged or given up, and all cancels answered. */
  readonly done: Promise<void>;
}

/**
 * Uploads as careful clients do: each with a key of its own, repeated at another gateway until it is acknowledged. Keeps
 * a bounded number of builds open, and holds number n back until `released` says that it may go.
 */
export function startUploads({
  kinds,
  make,
  installation,
  tap,
  randomOf,
  runId,
  released,
  journal,
  signal,
}: {
  readonly kinds: readonly ProjectKind[];
  readonly make: MakeArchive;
  readonly installation: Installation;
  readonly tap: LogTap;
  /** What is drawn for one upload depends on its number alone. */
  readonly randomOf: (number: number) => Random;
  readonly runId: string;
  readonly released: () => number;
  readonly journal: Journal;
  readonly signal: AbortSignal;
}): Uploads {
  const asked: Asked[] = [];
  const open = () => asked.filter(({ jobId }) => jobId !== null && !tap.hasEnded(jobId));

  async function uploadOne(number: number, kind: ProjectKind): Promise<void> {
    const random = randomOf(number);
    const mark = `chaos-${runId}-${number}`;
    const isCancelled = failsIn(kind) === null && random.chance(CANCELLED.chance);
    const cancelAfterMs = random.between(0, CANCELLED.afterMs);
    const breakOffAfterMs = random.chance(BROKEN_OFF.chance) ? random.between(1, BROKEN_OFF.afterMs) : null;
    const firstGateway = random.between(0, 7);
    const archive = make(kind, { mark, random });
    const body = await uploadBody({ fields: { name: `${kind} ${number}` }, fileName: `${mark}.zip`, archive });
    let attempts = 0;
    const said = await insist(random, async (turn) => {
      attempts += 1;
      const answer = await sendTo(gatewayOf(firstGateway + turn), installation, {
        method: 'POST',
        path: '/upload',
        body,
        headers: { 'Idempotency-Key': `${mark}-key` },
        signal: AbortSignal.timeout(attempts === 1 && breakOffAfterMs !== null ? breakOffAfterMs : ANSWER_PATIENCE_MS),
      });
      if (answer.status === 201) return { jobId: UploadAnswer.parse(JSON.parse(answer.text)).website.buildJobId };
      if (answer.status < 500)
        return { refusal: `${answer.gateway.id}: ${answer.status} ${answer.text.slice(0, 300)}` };
      throw new Error(`${answer.gateway.id}: ${answer.status} ${answer.text.slice(0, 300)}`);
    });
    const result: Asked = { number, kind, mark, attempts, jobId: null, refusal: null, cancel: null };
    if ('refusal' in said) {
      journal.say(`upload ${number} (${kind}) was refused: ${said.refusal}`);
      asked.push({ ...result, refusal: said.refusal });
      return;
    }
    const { jobId } = said;
    const place = asked.push({ ...result, jobId }) - 1;
    if (!isCancelled) return;
    await delay(cancelAfterMs);
    const cancel = await cancelBuild(jobId, { firstGateway, random });
    journal.say(`cancel of build ${number} (${jobId}): ${cancel}`);
    asked[place] = { ...result, jobId, cancel: cancel === 'accepted' || cancel === 'ended' ? cancel : null };
  }

  async function cancelBuild(
    jobId: string,
    { firstGateway, random }: { readonly firstGateway: number; readonly random: Random },
  ): Promise<string> {
    const said = await insist(random, async (turn) => {
      const path = `/jobs/${jobId}`;
      const request = { method: 'DELETE', path, signal: AbortSignal.timeout(ANSWER_PATIENCE_MS) } as const;
      const answer = await sendTo(gatewayOf(firstGateway + 1 + turn), installation, request);
      if (answer.status === 202) return { answer: 'accepted' };
      if (answer.status === 409 && answer.text.includes('"build-ended"')) return { answer: 'ended' };
      // Another gateway may be a moment behind the one that took the upload.
      throw new Error(`${answer.gateway.id}: ${answer.status} ${answer.text.slice(0, 300)}`);
    });
    return 'answer' in said ? said.answer : said.refusal;
  }

  const gatewayOf = (turn: number) => {
    const gateways = installation.gateways();
    const gateway = gateways[turn % gateways.length];
    if (gateway === undefined) throw new Error('There is no gateway.');
    return gateway;
  };

  /** Asks again and again, each time with the next turn, until there is an answer. */
  async function insist<Said>(
    random: Random,
    ask: (turn: number) => Promise<Said>,
  ): Promise<Said | { readonly refusal: string }> {
    const deadlineMs = performance.now() + GIVE_UP_AFTER_MS;
    for (let turn = 0; ; turn++) {
      try {
        return await ask(turn);
      } catch (error) {
        if (performance.now() > deadlineMs || signal.aborted) return { refusal: reasonOf(error) };
        await delay(random.between(50, MAX_PAUSE_BETWEEN_ATTEMPTS_MS));
      }
    }
  }

  const underWay = new Set<Promise<void>>();
  const done = (async () => {
    for (const [index, kind] of kinds.entries()) {
      while (!signal.aborted && (index >= released() || open().length + underWay.size >= MAX_OPEN_BUILDS)) {
        await delay(POLL_MS);
      }
      if (signal.aborted) break;
      const one: Promise<void> = uploadOne(index + 1, kind).finally(() => underWay.delete(one));
      underWay.add(one);
      await delay(POLL_MS / 2);
    }
    await Promise.all(underWay);
  })();
  return { asked, open, done };
}
