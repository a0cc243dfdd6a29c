import type { JobRecord, RecordedEvent, Running } from '@yardmaster/application';
import { JobId } from '@yardmaster/domain';
import type { JobSummary, ServerFrame } from '@yardmaster/protocol';
import { isStillSignedIn } from '../auth/authenticate.ts';
import { maySeeJob, type Viewer } from '../auth/viewer.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { jobSummary, jobViewContext, waiting } from '../views/job-view.ts';
import { changesOf } from './changes.ts';
import { createHealthSubscription } from './health-subscription.ts';
import { createLogSubscription } from './log-subscription.ts';
import { type CloseReason, maxBufferedBytes, type Outlet } from './outlet.ts';
import { createStateSubscription } from './state-subscription.ts';
import type { Subscription } from './subscription.ts';
import { jobTopic, type Summarise, type TopicView, userTopic } from './topics.ts';

/** Changes are gathered for at most this long after a flush, so that a flood costs each reader few frames. */
const flushIntervalMs = 20;
/** More events than this are flushed at once. */
const maxPendingEvents = 1_000;
/** Places in the queue are told at most this often, and looked at this often while nothing happens: waiting counts. */
const placesIntervalMs = 250;
const idlePlacesIntervalMs = 1_000;
/** Connections of one user, over all tabs and devices. */
export const maxConnectionsPerUser = 100;

/** One person's WebSocket or event stream. */
export interface LiveConnection {
  /** A topic that is followed already begins anew. */
  subscribe(
    topic: string,
    options: { readonly since?: string | number | undefined; readonly storeId?: string | undefined },
  ): void;
  unsubscribe(topic: string): void;
  /** Answers a ping after everything that was sent before it. */
  pong(): void;
  readonly topics: number;
  /** Everything that was handed to the outlet has left. */
  drained(): void;
  /** Whether the viewer's credential is still good; an outlet asks now and then. */
  isStillSignedIn(): boolean;
  /** Idempotent. Does not close the outlet. */
  end(): void;
}

/** Tells everyone who watches what was projected, within milliseconds of the append. */
export interface LiveHub extends Running {
  /** Null when the viewer has too many connections. */
  connect(viewer: Viewer, outlet: Outlet): LiveConnection | null;
  linesAppended(jobId: JobId): void;
  readonly connections: number;
}

interface Connected {
  readonly viewer: Viewer;
  readonly outlet: Outlet;
  readonly subscriptions: Map<string, Subscription>;
}

export function createLiveHub(parts: GatewayParts): LiveHub {
  const { readModels } = parts;
  const connected = new Set<Connected>();
  /** What everyone was told of each waiting build's place. */
  let toldPlaces = new Map<JobId, string>();
  let pending: RecordedEvent[] = [];
  const pendingLogs = new Set<JobId>();
  let flushTimer: NodeJS.Timeout | null = null;
  let flushedAtMs = 0;
  let placesMayDiffer = false;
  let placesToldAtMs = 0;

  const following = readModels.onBatch((batch) => {
    if (connected.size === 0) return;
    pending.push(...batch);
    if (pending.length >= maxPendingEvents) flush();
    else flushSoon();
  });
  const placesTimer = setInterval(() => {
    if (connected.size === 0) return;
    if (placesMayDiffer || performance.now() - placesToldAtMs >= idlePlacesIntervalMs) tellPlaces();
  }, placesIntervalMs).unref();

  return {
    connect(viewer, outlet) {
      const own = [...connected].filter((other) => other.viewer.id === viewer.id).length;
      if (own >= maxConnectionsPerUser) return null;
      const connection: Connected = { viewer, outlet: watchLag(outlet, () => connection), subscriptions: new Map() };
      connected.add(connection);
      return controls(connection);
    },
    linesAppended(jobId) {
      if (connected.size === 0) return;
      pendingLogs.add(jobId);
      flushSoon();
    },
    get connections() {
      return connected.size;
    },
    async stop() {
      clearInterval(placesTimer);
      if (flushTimer !== null) clearTimeout(flushTimer);
      await following.stop();
      for (const connection of [...connected]) close(connection, 'going-away');
    },
  };

  function controls(connection: Connected): LiveConnection {
    const { viewer, outlet, subscriptions } = connection;
    return {
      subscribe(topic, { since, storeId }) {
        subscriptions.get(topic)?.stop();
        const subscription = open(connection, topic, { since, storeId });
        if (subscription === null) subscriptions.delete(topic);
        else subscriptions.set(topic, subscription);
      },
      unsubscribe(topic) {
        subscriptions.get(topic)?.stop();
        subscriptions.delete(topic);
      },
      pong: () => outlet.send({ topic: '', storeId: readModels.storeId, type: 'pong', position: null }),
      get topics() {
        return subscriptions.size;
      },
      drained() {
        for (const subscription of subscriptions.values()) subscription.drained();
      },
      isStillSignedIn: () => isStillSignedIn(parts, viewer),
      end: () => end(connection),
    };
  }

  function open(
    { viewer, outlet }: Connected,
    topic: string,
    { since, storeId }: { readonly since: string | number | undefined; readonly storeId: string | undefined },
  ): Subscription | null {
    if (topic === 'health') return createHealthSubscription(parts, { topic, outlet });
    const [kind, id] = topic.split(':');
    const jobId = id === undefined ? null : JobId.parse(id); // topics are checked where they come in
    if (jobId !== null) {
      const record = readModels.job(jobId);
      if (record === null || !maySeeJob(viewer, record)) {
        outlet.send(unknownTopic(topic));
        return null;
      }
      if (kind === 'logs') return createLogSubscription(parts, { topic, outlet, jobId, since });
    }
    const view = jobId === null ? personalTopic(topic, viewer) : jobTopic(parts, viewer, jobId);
    const beforeSnapshot = tellPlaces;
    return createStateSubscription(parts, { topic, outlet, view, since, storeId, summariser, beforeSnapshot });
  }

  function personalTopic(topic: string, viewer: Viewer): TopicView {
    const both = topic === 'stream';
    return userTopic(parts, viewer, {
      jobs: both || topic === 'queue',
      notifications: both || topic === 'notifications',
    });
  }

  function unknownTopic(topic: string): ServerFrame {
    const message = 'There is no such build.';
    return { topic, storeId: readModels.storeId, type: 'error', position: null, code: 'not-found', message };
  }

  function flushSoon(): void {
    if (flushTimer !== null) return;
    const sinceLastMs = performance.now() - flushedAtMs;
    flushTimer = setTimeout(flush, Math.max(0, flushIntervalMs - sinceLastMs));
  }

  function flush(): void {
    if (flushTimer !== null) clearTimeout(flushTimer);
    flushTimer = null;
    flushedAtMs = performance.now();
    const changes = changesOf(pending, readModels);
    pending = [];
    const summarise = summariser();
    for (const { subscriptions } of connected) {
      for (const subscription of subscriptions.values()) {
        subscription.deliver(changes, summarise);
        for (const jobId of pendingLogs) subscription.linesAppended(jobId);
      }
    }
    pendingLogs.clear();
    if (changes.some(({ kind }) => kind === 'job')) placesMayDiffer = true;
    const signedOut = new Set(changes.flatMap((change) => (change.kind === 'credentials' ? [change.userId] : [])));
    for (const connection of [...connected]) {
      if (signedOut.has(connection.viewer.id) && !isStillSignedIn(parts, connection.viewer)) {
        close(connection, 'signed-out');
      }
    }
  }

  /** Tells everyone of builds whose place is not what was told last. */
  function tellPlaces(): void {
    if (pending.length > 0) flush();
    placesMayDiffer = false;
    placesToldAtMs = performance.now();
    const context = jobViewContext(parts);
    const places = new Map<JobId, string>();
    const moved: JobRecord[] = [];
    for (const record of readModels.openJobs()) {
      const { queuePosition, waitingReason } = waiting(record, context);
      if (waitingReason === null) continue;
      const place = `${queuePosition} ${waitingReason}`;
      places.set(record.id, place);
      if (toldPlaces.get(record.id) !== place) moved.push(record);
    }
    toldPlaces = places;
    if (moved.length === 0) return;
    const summarise = summariser();
    for (const { subscriptions } of connected) {
      for (const subscription of subscriptions.values()) subscription.places(moved, summarise);
    }
  }

  /** Makes each build's summary once, whoever asks. */
  function summariser(): Summarise {
    const context = jobViewContext(parts);
    const made = new Map<JobId, JobSummary>();
    return (record) => {
      const summary = made.get(record.id) ?? jobSummary(record, context);
      made.set(record.id, summary);
      return summary;
    };
  }

  /** Passes frames on until the reader is too slow, and then tells its subscriptions so. */
  function watchLag(outlet: Outlet, connection: () => Connected): Outlet {
    return {
      get bufferedBytes() {
        return outlet.bufferedBytes;
      },
      send(frame) {
        outlet.send(frame);
        if (outlet.bufferedBytes < maxBufferedBytes) return;
        for (const subscription of connection().subscriptions.values()) subscription.lag();
      },
      close: (reason) => outlet.close(reason),
    };
  }

  function close(connection: Connected, reason: CloseReason): void {
    end(connection);
    connection.outlet.close(reason);
  }

  function end(connection: Connected): void {
    connected.delete(connection);
    for (const subscription of connection.subscriptions.values()) subscription.stop();
    connection.subscriptions.clear();
  }
}
