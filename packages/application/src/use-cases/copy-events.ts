import { type BrokenLink, type ChainCheck, createChainCheck, digestOfHeads } from '../hash-chain.ts';
import {
  type EventStore,
  maxAppendBytes,
  maxEventsPerAppend,
  type Position,
  type RecordedEvent,
} from '../ports/event-store.ts';

/** Events per read. Of each store one page is in use and one is read ahead. */
const pageEvents = 400;

export interface CopyOptions {
  readonly from: EventStore;
  readonly to: EventStore;
  /** Ends the copying, after the append under way. */
  readonly signal: AbortSignal;
  /** Called before every page and every append: some thousand times a second. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/**
 * `comparing`: what the target already holds, with the source. `copying`: the rest is appended. `verifying`: both stores
 * are compared from their first event to their last.
 */
export interface CopyProgress {
  readonly phase: 'comparing' | 'copying' | 'verifying';
  /** How many events from the source's first on are done with in this phase, and where in the source that is. */
  readonly events: number;
  readonly position: Position | null;
  /** The source's last position when the phase began. */
  readonly lastPosition: Position | null;
}

export type CopyRefusal =
  | 'copy-same-store'
  | 'copy-source-damaged'
  | 'copy-target-damaged'
  | 'copy-target-differs'
  | 'copy-target-ahead'
  | 'copy-target-changed'
  | 'copy-target-incomplete';

/** `code` is stable; `message` is for a person, and names the first event at fault. */
interface Refused {
  readonly status: 'refused';
  readonly code: CopyRefusal;
  readonly message: string;
}

interface Interrupted {
  readonly status: 'interrupted';
}

interface Completed {
  readonly status: 'completed';
  /** What both stores hold. */
  readonly events: number;
  readonly streams: number;
  /** {@link digestOfHeads} of either store. */
  readonly digest: string;
  /** The source got more events after the copying had caught up with it. */
  readonly sourceGrew: boolean;
}

/** `copied` is how many events were appended by this call, whatever became of it. */
export type CopyResult = (Completed | Refused | Interrupted) & { readonly copied: number };

/**
 * Makes one event store hold the events of another: the same streams, revisions, ids, data and hashes in the same total
 * order. Positions, recorded-at and the store id are the target's own.
 *
 * What the target already holds must be how the source begins; otherwise nothing is written. So a copy that was broken
 * off, by whatever and whenever, is completed by doing it again, and nothing is kept beside the two stores. Appends go
 * one after the other: only so do they keep their order when one of them fails. An event is appended only when its
 * hash fits its stream's chain, and a copy that appended anything ends with both stores compared from their first event
 * to their last, chains included.
 *
 * The source may be written to meanwhile, the target may not. Throws EventStoreUnavailable when either store does.
 */
export async function copyEvents(options: CopyOptions): Promise<CopyResult> {
  const { from, to } = options;
  if (from.storeId === to.storeId) {
    return { ...refused('copy-same-store', 'Source and target are the same event store.'), copied: 0 };
  }
  const before = await compare('comparing', options);
  if (before.status !== 'equal') return { ...before, copied: 0 };
  const appended = await appendRest(before, options);
  const { copied } = appended;
  if (appended.status !== 'appended') return appended;
  const after = copied === 0 ? before : await compare('verifying', options);
  if (after.status !== 'equal') return { ...after, copied };
  const wanted = before.events + copied;
  if (after.events < wanted) {
    const message = `The target holds only ${after.events} of the ${wanted} events that it has accepted.`;
    return { ...refused('copy-target-incomplete', message), copied };
  }
  const { events, chains, position } = after;
  const heads = chains.heads();
  return {
    status: 'completed',
    events,
    copied,
    streams: heads.size,
    digest: digestOfHeads(heads),
    sourceGrew: await hasMore(from, position),
  };
}

/** The target holds so many events, and they are the first ones of the source. */
interface Equal {
  readonly status: 'equal';
  readonly events: number;
  /** Of the last one of them, in the source. */
  readonly position: Position | null;
  /** Knows the chains of both stores up to there. */
  readonly chains: ChainCheck;
}

/** Reads both stores side by side until the target ends. */
async function compare(
  phase: 'comparing' | 'verifying',
  { from, to, signal, onProgress }: CopyOptions,
): Promise<Equal | Refused | Interrupted> {
  const [nextOriginal, nextCopy] = [readInOrder(from), readInOrder(to)];
  const [chains, copiedChains] = [createChainCheck(), createChainCheck()];
  const lastPosition = await from.lastPosition();
  let position: Position | null = null;
  for (let events = 0; ; events++) {
    if (events % pageEvents === 0) {
      if (signal.aborted) return { status: 'interrupted' };
      onProgress?.({ phase, events, position, lastPosition });
    }
    const copy = await nextCopy();
    if (copy === undefined) return { status: 'equal', events, position, chains };
    const original = await nextOriginal();
    if (original === undefined) {
      const message = `The source ends after ${events} events, but the target goes on with ${nameOf(copy)}.`;
      return refused('copy-target-ahead', message);
    }
    const damage = chains.next(original);
    if (damage !== null) return damaged('source', damage);
    if (!isSame(original, copy)) return differs(events, original, copy);
    const copiedDamage = copiedChains.next(copy);
    if (copiedDamage !== null) return damaged('target', copiedDamage);
    position = original.position;
  }
}

/** Appends what comes after `before` in the source, until there is no more. */
async function appendRest(
  before: Equal,
  { from, to, signal, onProgress }: CopyOptions,
): Promise<({ readonly status: 'appended' } | Refused | Interrupted) & { readonly copied: number }> {
  const next = readInOrder(from, before.position);
  const lastPosition = await from.lastPosition();
  let { position } = before;
  let copied = 0;
  for (let event = await next(); event !== undefined; ) {
    const run: RecordedEvent[] = [];
    for (let bytes = bytesOf(event); ; bytes += bytesOf(event)) {
      if (run.length > 0 && (bytes > maxAppendBytes || run.length === maxEventsPerAppend)) break;
      const damage = before.chains.next(event);
      if (damage !== null) return { ...damaged('source', damage), copied };
      run.push(event);
      event = await next();
      if (event === undefined || event.stream !== run[0]?.stream) break;
    }
    if (signal.aborted) return { status: 'interrupted', copied };
    onProgress?.({ phase: 'copying', events: before.events + copied, position, lastPosition });
    const refusal = await appendRun(to, run);
    if (refusal !== null) return { ...refusal, copied };
    copied += run.length;
    position = run.at(-1)?.position ?? position;
  }
  return { status: 'appended', copied };
}

/** Appends events that follow one another in a stream, all or none. */
async function appendRun(to: EventStore, run: readonly RecordedEvent[]): Promise<Refused | null> {
  const [first] = run;
  if (first === undefined) return null;
  const { stream, revision } = first;
  const events = run.map(({ type, data, metadata }) => ({ type, data, metadata }));
  const result = await to.append(stream, revision === 0 ? 'no_stream' : revision - 1, events);
  if (result.ok) return null;
  const found = result.actualRevision === 'no_stream' ? 'does not exist' : `ends at ${result.actualRevision}`;
  return refused(
    'copy-target-changed',
    `Something else writes to the target: ${nameOf(first)} was to be appended, but the stream ${found}.`,
  );
}

type NextEvent = () => Promise<RecordedEvent | undefined>;

/** Gives the events of a store in order, undefined once there are no more now. Reads the next page ahead. */
function readInOrder(store: EventStore, start: Position | null = null): NextEvent {
  let page: readonly RecordedEvent[] = [];
  let used = 0;
  let last = start;
  let ahead: Promise<readonly RecordedEvent[]> | undefined;
  const read = () => store.readAll({ limit: pageEvents, ...(last !== null && { after: last }) });
  return async () => {
    if (used === page.length) {
      page = ahead === undefined ? [] : await ahead;
      // What was read ahead may be from before the latest appends.
      if (page.length === 0) page = await read();
      used = 0;
      last = page.at(-1)?.position ?? last;
      ahead = page.length === 0 ? undefined : read();
      // Whoever asks for the next page is told; nobody may.
      ahead?.catch(() => {});
    }
    return page[used++];
  };
}

async function hasMore(store: EventStore, position: Position | null): Promise<boolean> {
  const last = await store.lastPosition();
  return last !== null && (position === null || store.comparePositions(last, position) > 0);
}

/** As {@link maxAppendBytes} counts. */
const bytesOf = ({ type, data, metadata }: RecordedEvent): number =>
  2 * type.length + Buffer.byteLength(JSON.stringify(data)) + Buffer.byteLength(JSON.stringify(metadata));

/** The same place, id and hash: whether a hash is that of its event, its chain tells. */
const isSame = (a: RecordedEvent, b: RecordedEvent): boolean =>
  a.stream === b.stream &&
  a.revision === b.revision &&
  a.metadata.eventId === b.metadata.eventId &&
  a.metadata.hash === b.metadata.hash;

const nameOf = ({ stream, revision }: Pick<RecordedEvent, 'stream' | 'revision'>) =>
  `revision ${revision} of "${stream}"`;

const refused = (code: CopyRefusal, message: string): Refused => ({ status: 'refused', code, message });

function damaged(which: 'source' | 'target', broken: BrokenLink): Refused {
  return refused(`copy-${which}-damaged`, `The ${which} is damaged at ${nameOf(broken)}. ${broken.reason}`);
}

function differs(before: number, original: RecordedEvent, copy: RecordedEvent): Refused {
  const place = `event ${before + 1}`;
  const message =
    nameOf(original) === nameOf(copy)
      ? `The target is no copy of the source: ${place}, ${nameOf(copy)}, is another one there.`
      : `The target is no copy of the source: ${place} is ${nameOf(copy)} there, and ${nameOf(original)} in the source.`;
  return refused('copy-target-differs', message);
}
