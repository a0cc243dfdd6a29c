import { type AnyDecider, EventMetadata, deciders as everyDecider } from '@yardmaster/domain';
import { createChainCheck, digestOfHeads } from '../hash-chain.ts';
import { type EventStore, EventUnreadable, type Position, type RecordedEvent } from '../ports/event-store.ts';
import { splitStreamName } from '../projections/projection.ts';
import { replayEvent, StreamDrift } from '../replay-stream.ts';

/**
 * What can be wrong with a stream, from one of its events on:
 * - `unreadable`: what stands there is not an event with its metadata, or the store cannot give it back at all;
 * - `broken-link`: the event is not the one that was recorded, or one is missing before it;
 * - `drift`: the event is what was recorded, and the models of this program do not lead where it led then;
 * - `unknown-category`: this program has no model for the stream.
 */
export type FindingKind = 'unreadable' | 'broken-link' | 'drift' | 'unknown-category';

export interface Finding {
  readonly kind: FindingKind;
  readonly stream: string;
  readonly revision: number;
  readonly reason: string;
}

/** Events that were recorded in a version that is not today's: of a category's model, or of an event type's schema. */
export interface OtherVersion {
  readonly kind: 'model' | 'schema';
  /** A category, or an event type. */
  readonly of: string;
  readonly version: number;
  readonly current: number;
  readonly events: number;
}

export interface VerifyProgress {
  readonly events: number;
  readonly streams: number;
  readonly findings: number;
}

export interface StoreReport extends VerifyProgress {
  /** The first {@link maxNamedFindings}; of each stream the first that its chain shows, and the first of its replay. */
  readonly named: readonly Finding[];
  /** At most {@link maxOtherVersions}. */
  readonly otherVersions: readonly OtherVersion[];
  /** Of the ends of all chains: two stores without findings and with the same digest hold the same histories. */
  readonly digest: string;
}

export interface VerifyStoreOptions {
  readonly store: EventStore;
  readonly signal?: AbortSignal;
  /** Called after every page of events. */
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** The models to replay with; those of this program by default. */
  readonly deciders?: readonly AnyDecider[];
}

/** The findings that a report names; it counts all. What stands in a damaged store may be of any length. */
export const maxNamedFindings = 100;
const maxReasonLength = 1_000;
/** The other versions that a report tells apart. */
export const maxOtherVersions = 100;
const pageEvents = 1_000;

/**
 * Reads a whole store once, in its order, up to what was its last event at the start, and checks of every stream that its
 * chain holds and that the models reproduce it. What has a finding is set aside, and the others go on: a stream that drifts
 * is not replayed further, one whose chain is broken not looked at at all. Changes nothing, so it may run beside a product
 * in use. Keeps the last state of every stream in memory, but no events. Rejects with the reason of `signal` when that
 * aborts, and as the store does when it cannot be read.
 */
export async function verifyStore({ store, signal, onProgress, deciders }: VerifyStoreOptions): Promise<StoreReport> {
  const verification = createVerification(deciders ?? everyDecider);
  for await (const events of pagesOf(store, verification.unreadable)) {
    signal?.throwIfAborted();
    for (const event of events) verification.next(event);
    onProgress?.(verification.progress());
  }
  return verification.report();
}

/**
 * Everything up to the event that is the last one now: a store in use would never end. It goes on past an event that cannot
 * be read, which `onUnreadable` is told in its place.
 */
async function* pagesOf(
  store: EventStore,
  onUnreadable: (event: EventUnreadable) => void,
): AsyncGenerator<readonly RecordedEvent[]> {
  const end = await store.lastPosition();
  let after: Position | undefined;
  let limit = pageEvents;
  while (end !== null && (after === undefined || store.comparePositions(after, end) < 0)) {
    const page = await store.readAll({ ...(after !== undefined && { after }), limit }).catch(unreadable);
    if (!(page instanceof EventUnreadable)) {
      yield page.filter(({ position }) => store.comparePositions(position, end) <= 0);
      after = page.at(-1)?.position ?? end;
      limit = pageEvents;
    } else if (limit === 1) {
      onUnreadable(page);
      after = page.position;
      limit = pageEvents;
    } else {
      limit = Math.ceil(limit / 2); // Smaller and smaller pages lead up to it.
    }
  }
}

function unreadable(error: unknown): EventUnreadable {
  if (error instanceof EventUnreadable) return error;
  throw error;
}

interface Verification {
  next(event: RecordedEvent): void;
  unreadable(event: EventUnreadable): void;
  progress(): VerifyProgress;
  report(): StoreReport;
}

/** How far a stream could be followed; what no longer can be is null or false, and is not looked at again. */
interface Followed {
  chainHolds: boolean;
  decider: AnyDecider | null;
  state: unknown;
}

function createVerification(models: readonly AnyDecider[]): Verification {
  const byCategory = new Map(models.map((decider) => [decider.category, decider]));
  const chains = createChainCheck();
  const streams = new Map<string, Followed>();
  const versions = createVersionCount();
  const named: Finding[] = [];
  let [events, findings] = [0, 0];

  function find(finding: Finding): void {
    findings += 1;
    if (named.length < maxNamedFindings) named.push({ ...finding, reason: finding.reason.slice(0, maxReasonLength) });
  }

  function follow({ stream, revision }: Pick<RecordedEvent, 'stream' | 'revision'>): Followed {
    const { category } = splitStreamName(stream);
    const decider = byCategory.get(category) ?? null;
    if (decider === null) {
      find({ kind: 'unknown-category', stream, revision, reason: `This program has no model for "${category}".` });
    }
    const followed = { chainHolds: true, decider, state: decider?.initialState() };
    streams.set(stream, followed);
    return followed;
  }

  function breakOff(followed: Followed, finding: Finding): void {
    followed.chainHolds = false;
    find(finding);
  }

  /** What is wrong with an event as it is stored, whatever it means. */
  function chainFinding(event: RecordedEvent): Finding | null {
    const { stream, revision, metadata } = event;
    if (!EventMetadata.safeParse(metadata).success) {
      return { kind: 'unreadable', stream, revision, reason: 'Its metadata is not what every event has.' };
    }
    const broken = chains.next(event);
    return broken === null ? null : { kind: 'broken-link', ...broken };
  }

  function replay(followed: Followed, decider: AnyDecider, event: RecordedEvent): void {
    versions.count(decider, event);
    try {
      followed.state = replayEvent(decider, followed.state, event);
    } catch (error) {
      if (!(error instanceof StreamDrift)) throw error;
      const { stream, revision, reason } = error;
      find({ kind: 'drift', stream, revision, reason });
      followed.decider = null;
    }
  }

  const progress = () => ({ events, streams: streams.size, findings });
  return {
    next(event) {
      events += 1;
      const followed = streams.get(event.stream) ?? follow(event);
      if (!followed.chainHolds) return;
      const broken = chainFinding(event);
      if (broken !== null) breakOff(followed, broken);
      else if (followed.decider !== null) replay(followed, followed.decider, event);
    },
    unreadable({ stream, revision }) {
      events += 1;
      const followed = streams.get(stream) ?? follow({ stream, revision });
      if (!followed.chainHolds) return;
      breakOff(followed, { kind: 'unreadable', stream, revision, reason: 'The store cannot read the event.' });
    },
    progress,
    report: () => ({ ...progress(), named, otherVersions: versions.all(), digest: digestOfHeads(chains.heads()) }),
  };
}

function createVersionCount() {
  const counted = new Map<string, OtherVersion>();

  function add(version: Omit<OtherVersion, 'events'>): void {
    const key = `${version.kind} ${version.of} ${version.version}`;
    const events = counted.get(key)?.events ?? 0;
    if (events === 0 && counted.size >= maxOtherVersions) return;
    counted.set(key, { ...version, events: events + 1 });
  }

  return {
    count(decider: AnyDecider, { type, metadata: { machineVersion, schemaVersion } }: RecordedEvent): void {
      const [model, schema] = [decider.machineVersion, decider.schemaVersion({ type })];
      if (machineVersion !== model) {
        add({ kind: 'model', of: decider.category, version: machineVersion, current: model });
      }
      if (schemaVersion !== schema) add({ kind: 'schema', of: type, version: schemaVersion, current: schema });
    },
    all: (): readonly OtherVersion[] => [...counted.values()],
  };
}
