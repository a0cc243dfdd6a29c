import { existsSync, mkdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { EventStore } from '@yardmaster/application';
import { isServerLocation, openEventStore } from '@yardmaster/event-store/open';
import { serverOf } from '@yardmaster/protocol/event-store-url';
import { readSettings } from '@yardmaster/protocol/settings';
import { acquireLock, livingHolder } from '../bin/bootstrap/process-lock.mjs';
import { CommandError, type CommandIo } from './command.ts';
import { lockFileIn, repositoryRoot } from './up/data-folder.ts';

/** Which event store a command means. `shown` is what people see of it: never a user name or a password. */
export interface StoreLocation {
  readonly kind: 'server' | 'file';
  /** A connection string, or the absolute path of a SQLite file. */
  readonly location: string;
  readonly shown: string;
  /** The data directory that a file belongs to, where it does to one. */
  readonly dataDir: string | null;
}

const storeFileName = 'events.sqlite';
/** A path at which there is nothing yet is meant as a file when it ends so, as a data directory otherwise. */
const fileEndings: ReadonlySet<string> = new Set(['.sqlite', '.sqlite3', '.db']);

/** The store that somebody names: a connection string, a SQLite file or a data directory. Opens nothing. */
export function namedStore(name: string, { cwd }: Pick<CommandIo, 'cwd'>): StoreLocation {
  if (isServerLocation(name)) {
    return { kind: 'server', location: name, shown: withoutCredentials(name), dataDir: null };
  }
  if (name.includes('://')) {
    throw new CommandError(`${withoutCredentials(name)} is no event store: connection strings begin with esdb://.`);
  }
  const path = resolve(cwd, name);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? !fileEndings.has(extname(path));
  return fileStore(isFolder ? join(path, storeFileName) : path);
}

/** The store that the settings name: EVENTSTORE_URL, or else the one in the data directory. */
export function settingsStore(io: Pick<CommandIo, 'cwd' | 'env'>): StoreLocation {
  const read = readSettings(io.env);
  if (!read.ok) throw new CommandError(read.problems.join('\n'));
  const { eventStoreUrl, dataDir } = read.settings;
  if (eventStoreUrl !== undefined) return namedStore(eventStoreUrl, io);
  return fileStore(join(resolve(repositoryRoot, dataDir), storeFileName));
}

/** Opens a store that must be there: a mistyped name makes no empty one. Throws CommandError. */
export async function openExistingStore(store: StoreLocation): Promise<EventStore> {
  return await openStore(store, { mustExist: true });
}

/** Opens a store, which is made where there is none, in a folder that there is. Throws CommandError. */
export async function openOrMakeStore(store: StoreLocation): Promise<EventStore> {
  if (store.kind === 'file' && !existsSync(dirname(store.location))) {
    throw new CommandError(`There is no folder ${dirname(store.location)}.`);
  }
  return await openStore(store, { mustExist: false });
}

/**
 * Makes the data directory of a store where it is missing, and keeps Yardmaster from starting on it until the function
 * returned is called. Throws CommandError where it runs already.
 */
export function holdDataDir({ dataDir }: StoreLocation): () => void {
  if (dataDir === null) return () => {};
  const lock = lockDataDir(dataDir);
  if (lock.ok) return lock.release;
  throw new CommandError(`Yardmaster runs on ${dataDir}: process ${lock.holder.pid}. Stop it first.`);
}

/** Whether Yardmaster, or another command that writes, has the data directory of a store just now. */
export function isHeld({ dataDir }: StoreLocation): boolean {
  return dataDir !== null && livingHolder(lockFileIn(dataDir)) !== null;
}

function fileStore(file: string): StoreLocation {
  const dataDir = basename(file) === storeFileName ? dirname(file) : null;
  return { kind: 'file', location: file, shown: file, dataDir };
}

async function openStore(
  { kind, location, shown }: StoreLocation,
  options: { readonly mustExist: boolean },
): Promise<EventStore> {
  try {
    return await openEventStore(location, options);
  } catch (error) {
    const reason = reasonOf(error);
    throw new CommandError(kind === 'server' ? `${shown} cannot be opened. ${reason}` : reason);
  }
}

function lockDataDir(dataDir: string) {
  try {
    // Not recursively: a mistyped path makes no folders, and below /proc that would never end.
    if (!existsSync(dataDir)) mkdirSync(dataDir, { mode: 0o700 });
    return acquireLock(lockFileIn(dataDir));
  } catch (error) {
    throw new CommandError(`The data directory ${dataDir} cannot be used: ${reasonOf(error)}`);
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const withoutCredentials = (url: string): string => `${url.slice(0, url.indexOf('://'))}://${serverOf(url)}`;
