import type { Position, RecordedEvent } from '@yardmaster/application';
import type { JobSummary } from '@yardmaster/protocol';
import type { GatewayParts } from '../gateway-parts.ts';
import { type Change, changesOf } from './changes.ts';
import type { Subscription, SubscriptionOptions } from './subscription.ts';
import { type FrameBody, isAfter, type Summarise, type TopicView } from './topics.ts';

/** A reader that was away for more events than this gets a snapshot instead. */
export const maxResumeEvents = 2_000;
const resumePageEvents = 500;

export interface StateSubscriptionOptions extends SubscriptionOptions {
  readonly view: TopicView;
  readonly since: string | number | undefined;
  readonly storeId: string | undefined;
  /** A summariser of this moment. */
  readonly summariser: () => Summarise;
  /** Called right before a snapshot is made, so that what it says of places was told to everyone. */
  readonly beforeSnapshot: () => void;
}

/**
 * One topic on one connection: a snapshot at a position (or, from `since` on, what came after it), then every later
 * change once and in order.
 *
 * It joins what is stored and what comes live without a gap, since both are compared by position at one moment at which
 * nothing else runs; and it remembers the position that it has told, so a change that comes both ways is told once.
 */
export function createStateSubscription(
  parts: Pick<GatewayParts, 'store' | 'readModels' | 'log'>,
  options: StateSubscriptionOptions,
): Subscription {
  const { store, readModels, log } = parts;
  const { topic, view, outlet } = options;
  let phase: 'opening' | 'live' | 'lagging' | 'ended' = 'opening';
  let told: Position | null = null;
  /** What this reader was told last of the place of each waiting build. */
  const toldPlaces = new Map<string, string>();
  open(options.since).catch(fail);

  return {
    deliver(changes, summarise) {
      if (phase !== 'live') return;
      tell(changes, summarise);
      if (isAfter(store, readModels.position(), told)) told = readModels.position();
    },
    places(records, summarise) {
      if (phase !== 'live') return;
      for (const record of records) {
        const body = view.place(record, summarise);
        if (body?.job !== undefined && toldPlaces.get(body.job.id) === placeOf(body.job)) continue;
        send('update', told, body);
      }
    },
    linesAppended() {},
    lag() {
      if (phase === 'live') phase = 'lagging';
    },
    drained() {
      if (phase === 'lagging') open(undefined).catch(fail);
    },
    stop() {
      phase = 'ended';
    },
  };

  /**
   * Of several frames of one event only the last carries its position: whoever loses the connection between them is
   * sent the first ones, which say how something is now, again, and never misses the last.
   */
  function tell(changes: readonly Change[], summarise: Summarise): void {
    const frames = changes
      .filter(({ position }) => isAfter(store, position, told))
      .map((change) => ({ position: change.position, body: view.update(withoutTold(change), summarise) }))
      .filter(({ body }) => body !== null);
    let resumeAt = told;
    for (const [index, { position, body }] of frames.entries()) {
      if (frames[index + 1]?.position !== position) resumeAt = position;
      send('update', resumeAt, body);
    }
  }

  /** A build's change may reach back before the position that this reader began at. */
  function withoutTold(change: Change): Change {
    if (change.kind !== 'job') return change;
    const events = change.events.filter(({ position }) => isAfter(store, position, told));
    return { ...change, events };
  }

  function send(type: 'snapshot' | 'update', position: Position | null, body: FrameBody | null): void {
    if (body === null || phase !== 'live') return;
    if (type === 'snapshot') toldPlaces.clear();
    for (const job of [...(body.jobs ?? []), ...(body.job === undefined ? [] : [body.job])]) {
      if (job.waitingReason === null) toldPlaces.delete(job.id);
      else toldPlaces.set(job.id, placeOf(job));
    }
    outlet.send({ topic, storeId: readModels.storeId, type, position, ...body });
  }

  async function open(since: string | number | undefined): Promise<void> {
    phase = 'opening';
    const start = typeof since === 'string' && (await isKnown(since)) ? (since as Position) : null;
    if (view.history === null) await openFromAll(start);
    else await openFromHistory(view.history, start);
  }

  /** Reads on until nothing that is projected is missing, and goes live in that same moment. */
  async function openFromAll(since: Position | null): Promise<void> {
    const missed: RecordedEvent[] = [];
    let read = since;
    while (read !== null && isAfter(store, readModels.position(), read)) {
      const page = await store.readAll({ after: read, limit: resumePageEvents });
      missed.push(...page);
      read = page.at(-1)?.position ?? null;
      if (missed.length > maxResumeEvents) read = null;
    }
    if (phase !== 'opening') return;
    if (read === null) return goLive([]);
    const reached = readModels.position();
    phase = 'live';
    told = since;
    const summarise = options.summariser();
    const projected = missed.filter(({ position }) => !isAfter(store, position, reached));
    tell(changesOf(projected, readModels), summarise);
    if (isAfter(store, reached, told)) told = reached;
  }

  async function openFromHistory(
    { stream, projectedRevision }: NonNullable<TopicView['history']>,
    since: Position | null,
  ): Promise<void> {
    const history: RecordedEvent[] = [];
    while (history.length <= projectedRevision()) {
      const page = await store.readStream(stream, { fromRevision: history.length });
      if (page.length === 0) throw new Error(`${stream} ends before revision ${projectedRevision()}.`);
      history.push(...page);
    }
    if (phase !== 'opening') return;
    const reached = readModels.position();
    const projected = history.filter(({ position }) => !isAfter(store, position, reached));
    if (since === null) return goLive(projected);
    const missed = projected.filter(({ position }) => isAfter(store, position, since));
    const body = view.snapshot(missed);
    if (body === null) return refuse();
    phase = 'live';
    told = isAfter(store, reached, since) ? reached : since;
    if (missed.length > 0) send('update', missed.at(-1)?.position ?? told, body);
  }

  function goLive(history: readonly RecordedEvent[]): void {
    options.beforeSnapshot();
    const body = view.snapshot(history);
    if (body === null) {
      refuse();
      return;
    }
    phase = 'live';
    told = readModels.position();
    send('snapshot', told, body);
  }

  function refuse(): void {
    phase = 'ended';
    const { storeId } = readModels;
    const message = 'There is no such topic.';
    outlet.send({ topic, storeId, type: 'error', position: null, code: 'not-found', message });
  }

  /** Whether this store made the position and has reached it. */
  async function isKnown(position: string): Promise<boolean> {
    if (options.storeId !== undefined && options.storeId !== readModels.storeId) return false;
    const isReached = (last: Position | null) => {
      try {
        return last !== null && store.comparePositions(position as Position, last) <= 0; // throws on what it did not make
      } catch {
        return false;
      }
    };
    // What is projected was reached: the store, which may be far away, is asked only about what is not.
    return isReached(readModels.position()) || isReached(await store.lastPosition());
  }

  function fail(error: unknown): void {
    if (phase === 'ended') return;
    phase = 'ended';
    log.error({ error, topic }, 'a live topic could not be opened');
    const { storeId } = readModels;
    const message = 'The server cannot follow this at the moment. Subscribe again.';
    outlet.send({ topic, storeId, type: 'error', position: null, code: 'unavailable', message });
  }
}

function placeOf({ queuePosition, waitingReason }: JobSummary): string {
  return `${queuePosition} ${waitingReason}`;
}
