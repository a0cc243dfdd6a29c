import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Actors,
  type Clock,
  createActors,
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
import { ensureAdmin } from '../secret-files.ts';
import { awaitStore } from './await-store.ts';
import { describeOutage } from './describe-outage.ts';
import { assertOneHistory, recordHead } from './one-history.ts';

const readModelsName = 'read-models.sqlite';

/** The event store, and what is read from it and written to it. */
export interface History extends Running {
  readonly storeWatch: StoreWatch;
  readonly readModels: ReadModels;
  readonly actors: Actors;
  /** The event store, where other servers write to it and have to say so; null where it tells of everything itself. */
  readonly sharedStore: SharedStore | null;
}

export interface HistoryOptions {
  readonly settings: Pick<Settings, 'dataDir' | 'eventStoreUrl' | 'takeOverStore'>;
  /** Where this server keeps its read models. */
  readonly ownFolder: string;
  readonly previewUrl: (label: string) => string;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly log: Log;
  readonly onFatal: (error: Error) => void;
  /** Called after each try that found the server away. */
  readonly onWaiting: (reason: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Opens the event store that the settings name, with read models that have caught up and an admin who can sign in. The
 * server of an EventStoreDB is waited for; a SQLite file that cannot be opened is thrown, and so is AnotherHistory.
 */
export function openHistory(options: HistoryOptions): Promise<History> {
  const { settings, log, onWaiting, signal } = options;
  const { eventStoreUrl } = settings;
  const location = eventStoreUrl ?? join(settings.dataDir, 'events.sqlite');
  const open = () => openAt(location, options);
  if (!isServerLocation(location)) return open();
  return awaitStore({ address: serverOf(location), open, signal, log, onWaiting });
}

async function openAt(
  location: string,
  { settings: { dataDir, takeOverStore }, ownFolder, previewUrl, clock, newId, log: fullLog, onFatal }: HistoryOptions,
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
    const file = join(ownFolder, readModelsName);
    const readModels = openReadModels({ file, store, previewUrl, clock, log });
    opened.unshift(readModels);
    const caughtUp = readModels.start();
    opened.unshift(recordHead({ dataDir, readModels, clock, log, caughtUp }));
    await caughtUp;
    const actors = createActors({ store, clock, newId, random: Math.random });
    await ensureAdmin({ dataDir, actors, readModels });
    return { storeWatch, readModels, actors, sharedStore: 'nudge' in bare ? bare : null, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
