import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Actors,
  type Clock,
  createActors,
  EventStoreUnavailable,
  type Log,
  openReadModels,
  type ReadModels,
  type Running,
  type StoreWatch,
  watchStore,
} from '@yardmaster/application';
import { isServerLocation, openEventStore } from '@yardmaster/event-store/open';
import type { SharedStore } from '@yardmaster/messaging';
import { serverOf } from '@yardmaster/protocol/event-store-url';
import type { Settings } from '@yardmaster/protocol/settings';
import { isCode } from '../private-files.ts';
import { ensureAdmin } from '../secret-files.ts';
import { awaitStore } from './await-store.ts';
import { describeOutage, isDiskFull } from './describe-outage.ts';
import { assertOneHistory, recordHead } from './one-history.ts';
import type { OwnFolder } from './own-folder.ts';

const readModelsName = 'read-models.sqlite';

/** The event store, and what is read from it and written to it. */
export interface History extends Running {
  readonly storeWatch: StoreWatch;
  readonly readModels: ReadModels;
  readonly actors: Actors;
  /** Why the read models were made anew at this start; null when they were only continued. */
  readonly rebuilt: string | null;
  /** The event store, where other servers write to it and have to say so; null where it tells of everything itself. */
  readonly sharedStore: SharedStore | null;
}

export interface HistoryOptions {
  readonly settings: Pick<Settings, 'dataDir' | 'eventStoreUrl' | 'takeOverStore'>;
  /** Where this server keeps its read models. */
  readonly ownFolder: OwnFolder;
  readonly previewUrl: (label: string) => string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly onFatal: (error: Error) => void;
  /** Called after each try that found the server away. */
  readonly onWaiting: (reason: string) => void;
  /** Called now and then while events are read that the read models lack: all of a long log takes its time. */
  readonly onCatchingUp: () => void;
  readonly signal: AbortSignal;
}

/**
 * Opens the event store that the settings name, with read models that have caught up and an admin who can sign in. The
 * server of an EventStoreDB is waited for, and so is room on a full disk, and a SQLite file whose lock another process
 * holds for long; any other that cannot be opened is thrown, and so is AnotherHistory.
 */
export function openHistory(options: HistoryOptions): Promise<History> {
  const { settings, log, onWaiting, signal } = options;
  const { eventStoreUrl } = settings;
  const location = eventStoreUrl ?? join(settings.dataDir, 'events.sqlite');
  const isPassing = (error: unknown) =>
    isDiskFull(error) ||
    (isServerLocation(location) ? error instanceof EventStoreUnavailable : isCode(error, 'event-store-locked'));
  const name = isServerLocation(location) ? `EventStoreDB at ${serverOf(location)}` : location;
  return awaitStore({ name, open: () => openAt(location, options), isPassing, signal, log, onWaiting });
}

async function openAt(
  location: string,
  {
    settings: { dataDir, takeOverStore },
    ownFolder,
    previewUrl,
    clock,
    newId,
    log: fullLog,
    onFatal,
    onCatchingUp,
  }: HistoryOptions,
): Promise<History> {
  const opened: Running[] = [];
  const stop = async () => {
    for (const part of opened.splice(0)) await part.stop();
  };
  try {
    const bare = await openEventStore(location, { onEnded: onFatal });
    opened.unshift(bare);
    const isOwnFile = !isServerLocation(location);
    const name = isOwnFile ? 'The event store' : `EventStoreDB at ${serverOf(location)}`;
    const storeWatch = watchStore({ store: bare, name, describe: describeOutage, clock, log: fullLog });
    opened.unshift(storeWatch);
    const { store, log } = storeWatch;
    const wasUsed = existsSync(join(dataDir, readModelsName));
    await assertOneHistory({ dataDir, store, name, isOwnFile, wasUsed, takeOver: takeOverStore });
    const file = join(ownFolder.path, readModelsName);
    let rebuilt: string | null = null;
    const onMadeAnew = (reason: string) => {
      if (!ownFolder.isNew) rebuilt = reason;
    };
    const readModels = openReadModels({ file, store, previewUrl, clock, log, onDamaged: onFatal, onMadeAnew });
    opened.unshift(readModels);
    const progress = readModels.onBatch(onCatchingUp);
    const caughtUp = readModels.start();
    opened.unshift(recordHead({ dataDir, readModels, clock, log, caughtUp }));
    await caughtUp;
    await progress.stop();
    const actors = createActors({ store, clock, newId, random: Math.random });
    await ensureAdmin({ dataDir, actors, readModels });
    return { storeWatch, readModels, actors, rebuilt, sharedStore: 'nudge' in bare ? bare : null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
