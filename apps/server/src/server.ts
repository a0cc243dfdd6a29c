import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type Clock,
  createArtifactTokens,
  createFleet,
  createLogRestorer,
  defaultPool,
  type Fleet,
  type LeaderLease,
  type Log,
  type LogStore,
  leadWhileElected,
  listenToFleet,
  openLogStore,
  type Running,
  systemClock,
} from '@yardmaster/application';
import type { JobId } from '@yardmaster/domain';
import {
  connectNats,
  createLeaderLease,
  createLogFeed,
  createOrchestratorMessaging,
  openFilesystemArtifactStore,
  type SharedStore,
  startStoreBell,
} from '@yardmaster/messaging';
import { type Settings, uploadLimits } from '@yardmaster/protocol/settings';
import { createAddresses } from './addresses.ts';
import { createGateway, type Gateway } from './gateway.ts';
import type { FleetView, GatewayParts } from './gateway-parts.ts';
import { startHealth } from './health/start-health.ts';
import { listen } from './listener.ts';
import { readArtifactKey } from './secret-files.ts';
import { openHistory } from './store/open-history.ts';
import { openOwnFolder } from './store/own-folder.ts';
import { createInspector } from './upload/inspector.ts';
import { watchMessaging } from './watch-messaging.ts';

export interface ServerOptions {
  /** `dataDir` is absolute. */
  readonly settings: Settings;
  readonly dashboardDir: string;
  readonly log: Log;
  /** Called when the server can go on no more: its process is to end, so that another takes its place. */
  readonly onFatal: (error: Error) => void;
  /** Called while the message server can be reached and does no work: it is to be started again by whoever runs it. */
  readonly onMessagingUnavailable?: () => void;
  /** Called again and again while the start waits for the server of the event store, or reads a long log. */
  readonly onWaiting?: () => void;
  /** Ends a start that is still under way. */
  readonly signal?: AbortSignal;
}

export interface Server extends Running {
  readonly port: number;
  readonly publicUrl: string;
  /** What it runs on, for whoever embeds it. */
  readonly parts: GatewayParts;
  /** To be called when lines of a build's log have been stored through `parts.logs`. */
  linesAppended(jobId: JobId): void;
}

/**
 * Starts the gateway and a candidate for the lead of the orchestrator in this process, and resolves when requests are
 * served. Without a NATS server, or while it cannot be reached, uploads are taken in and wait. A server of the event store
 * is waited for. What was started is stopped again when a later part fails, or the signal aborts; then it rejects. `stop`
 * gives the lead back at once, while answers under way are still finished.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { settings, dashboardDir, onFatal, onMessagingUnavailable = () => {}, onWaiting = () => {} } = options;
  const { dataDir } = settings;
  const { signal = new AbortController().signal } = options;
  const clock = systemClock;
  const newId = () => randomUUID();
  const started: Running[] = [];
  /** Stopped in the reverse order of their start. */
  const starts = <Part extends { stop(): void | Promise<void> }>(part: Part): Part => {
    started.unshift({ stop: async () => part.stop() });
    signal.throwIfAborted();
    return part;
  };
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopAll(started, options.log);
    return stopping;
  };

  try {
    const ownFolder = await openOwnFolder(settings);
    const listener = starts(await listen(settings));
    const addresses = createAddresses({ ...settings, port: listener.port });
    const history = starts(
      await openHistory({
        settings,
        ownFolder,
        previewUrl: addresses.previewUrl,
        clock,
        newId,
        log: options.log,
        onFatal,
        onWaiting(reason) {
          listener.waitsFor(`the event store (${reason})`);
          onWaiting();
        },
        onCatchingUp() {
          listener.waitsFor('the read models, which catch up with the log');
          onWaiting();
        },
        signal,
      }),
    );
    const { storeWatch, readModels, actors, sharedStore } = history;
    const { store, outage, log } = storeWatch;
    const logs = starts(openLogStore({ file: join(ownFolder.path, 'logs.sqlite'), log, onDamaged: onFatal }));
    const artifacts = await openFilesystemArtifactStore({ root: dataDir });
    const artifactTokens = createArtifactTokens({ key: await readArtifactKey(dataDir), clock });

    const messaging = openMessaging({ settings, log, onMessagingUnavailable });
    if (messaging !== null) starts(messaging);
    if (messaging !== null && sharedStore !== null) starts(messaging.bellOf(sharedStore));
    const fleet = messaging === null ? createFleet({ clock }) : starts(messaging.openFleet(clock)).fleet;
    let lease: LeaderLease | null = null;
    const connected = messaging?.orchestrator ?? { connected: false };
    const leadership = {
      serverId: settings.serverId,
      leading: () => lease?.leading ?? false,
      leader: () => lease?.leader ?? null,
    };
    const workers = fleetView(fleet);
    const watched = {
      storeWatch,
      readModels,
      rebuilt: history.rebuilt,
      messaging: connected,
      leadership,
      fleet: workers,
    };
    const health = starts(await startHealth({ dataDir, ...watched, clock, log }));
    const parts: GatewayParts = {
      store,
      storeOutage: outage,
      actors,
      readModels,
      logs,
      logRestorer: createLogRestorer({ logs, artifacts, readModels, log }),
      artifacts,
      artifactTokens,
      inspector: starts(createInspector()),
      clock,
      newId,
      log,
      addresses,
      fleet: workers,
      messaging: connected,
      leadership,
      health: health.system,
      disk: health.disk,
      uploadLimits: uploadLimits(settings),
      dashboardDir,
    };
    const gateway = createGateway(parts);
    let handOver = async () => {};
    if (messaging !== null) {
      starts(takeInLogs({ feed: messaging.logFeed, logs, gateway }));
      const held = starts(messaging.openLease());
      lease = held;
      const world = { storeWatch, actors, readModels, fleet, artifacts, artifactTokens, logs, clock };
      const leading = starts(leadWhileElected({ ...world, messaging: messaging.orchestrator, lease: held }));
      handOver = async () => {
        await leading.stop();
        await held.stop();
      };
    }
    starts({
      async stop() {
        // In one breath: the listener waits for the connections that the gateway ends, and no build waits for either.
        await Promise.all([listener.stop(), gateway.stop(), handOver()]);
      },
    });
    listener.serve(gateway.handlers);
    return { port: listener.port, publicUrl: addresses.publicUrl, parts, linesAppended: gateway.linesAppended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Every part is asked to stop, whatever happens to the others. */
async function stopAll(parts: readonly Running[], log: Log): Promise<void> {
  for (const part of parts) {
    await part.stop().catch((error: unknown) => log.error({ error }, 'a part did not stop cleanly'));
  }
}

function openMessaging({
  settings: { natsUrl, natsSeed, serverId },
  log,
  onMessagingUnavailable,
}: Pick<ServerOptions, 'settings' | 'log'> & { readonly onMessagingUnavailable: () => void }) {
  if (natsUrl === undefined) return null;
  const connection = connectNats({ url: natsUrl, seed: natsSeed ?? null, name: serverId, log });
  const orchestrator = createOrchestratorMessaging({ connection, log, pools: [defaultPool] });
  const watching = watchMessaging({ connection, messaging: orchestrator, onUnavailable: onMessagingUnavailable });
  return {
    orchestrator,
    logFeed: createLogFeed({ connection, log }),
    openFleet: (clock: Clock) => listenToFleet({ messaging: orchestrator, clock }),
    openLease: () => createLeaderLease({ connection, log, candidate: serverId }),
    bellOf: (store: SharedStore) => startStoreBell({ connection, store, log }),
    async stop() {
      await watching.stop();
      await orchestrator.stop();
      await connection.stop();
    },
  };
}

function takeInLogs({
  feed,
  logs,
  gateway,
}: {
  readonly feed: ReturnType<typeof createLogFeed>;
  readonly logs: LogStore;
  readonly gateway: Gateway;
}): Running {
  return feed.consumeLogs({
    mark: logs.mark(),
    async handler({ batch }, mark) {
      if (logs.append(batch, mark).length > 0) gateway.linesAppended(batch.jobId);
    },
  });
}

function fleetView(fleet: Fleet): FleetView {
  return { workers: () => fleet.workers().length, liveSlots: () => fleet.slots(defaultPool) };
}
