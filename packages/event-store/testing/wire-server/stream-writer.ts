import type { EventStore } from '@yardmaster/application';
import type { ExpectedVersion } from './expected-version.ts';
import { judgeAppend } from './judge-append.ts';
import { accessDenied } from './status.ts';
import { binaryType, jsonType, storedStreamOf, toStored, type WireEvent } from './stored-form.ts';
import { metadataData, metadataType, softDeleted, tombstoneType } from './stream-metadata.ts';
import type { LogEntry, WireLog } from './wire-log.ts';

export interface Proposal {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly WireEvent[];
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly last: LogEntry }
  /** `current` is the revision of the stream, or -1 where there is none. */
  | { readonly kind: 'wrong-version'; readonly current: number }
  | { readonly kind: 'deleted' };

export interface Deletion {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  /** A stream that was deleted can be written again; a tombstoned one cannot. */
  readonly how: 'delete' | 'tombstone';
}

export interface StreamWriter {
  append(proposal: Proposal): Promise<WriteOutcome>;
  delete(deletion: Deletion): Promise<WriteOutcome>;
}

export interface StreamWriterOptions {
  readonly store: EventStore;
  readonly log: WireLog;
  /** False: a repeated append is a wrong version like any other. */
  readonly knowsRepetitions: boolean;
}

/**
 * Writes to the store as the server does. Writes to one stream happen one after the other; those to different streams
 * at the same time, so that they share the store's flush to disk. Throws gRPC statuses and the store's errors.
 */
export function createStreamWriter({ store, log, knowsRepetitions }: StreamWriterOptions): StreamWriter {
  const inTurn = createTurns();

  /** The last entry written; undefined when the log was not up to date with the store, and is now. */
  const tryToWrite = async (name: string, events: readonly WireEvent[]): Promise<LogEntry | undefined> => {
    const head = log.stream(name).entries.length - 1;
    const stored = events.map((event) => toStored(name, event));
    // A server that was killed writes nothing from then on.
    log.assertGrowing();
    const result = await store.append(storedStreamOf(name), head === -1 ? 'no_stream' : head, stored);
    // Refused: somebody else has written to the store, or another server on it.
    await log.reached(result.ok ? result.position : undefined);
    return result.ok ? log.stream(name).entries[result.revision] : undefined;
  };

  const setTruncateBefore = async (name: string, truncateBefore: number): Promise<LogEntry | undefined> => {
    const metastream = `$$${name}`;
    const [last] = await log.load(log.stream(metastream).entries.slice(-1), metastream);
    return tryToWrite(metastream, [newEvent(metadataType, jsonType, metadataData(last, truncateBefore))]);
  };

  /** Judges and writes until what was judged by is what the store holds. */
  const write = async (
    { stream: name, expected, events }: Proposal,
    tryOnce: () => Promise<LogEntry | undefined>,
  ): Promise<WriteOutcome> => {
    for (let seen = -1; ; ) {
      const stream = log.stream(name);
      const verdict = judgeAppend(
        stream,
        expected,
        events.map((event) => event.id),
      );
      if (verdict.kind === 'already-written' && knowsRepetitions) return { kind: 'written', last: verdict.last };
      if (verdict.kind === 'deleted') return { kind: 'deleted' };
      if (verdict.kind !== 'write') return { kind: 'wrong-version', current: stream.entries.length - 1 };
      if (seen === log.all.length) throw new Error(`The store refuses what it should take into ${name}.`);
      seen = log.all.length;
      const last = await tryOnce();
      if (last !== undefined) return { kind: 'written', last };
    }
  };

  return {
    async append(proposal) {
      const { stream, events } = proposal;
      // A client may write metadata. The rest is the server's own; that an administrator may write there is left out.
      if (stream.startsWith('$') && !stream.startsWith('$$')) throw accessDenied();
      return inTurn(stream, () =>
        write(proposal, async () => {
          const { truncateBefore, entries } = log.stream(stream);
          if (truncateBefore === softDeleted) await setTruncateBefore(stream, entries.length);
          return tryToWrite(stream, events);
        }),
      );
    },
    async delete({ stream, expected, how }) {
      const tombstone = newEvent(tombstoneType, binaryType);
      const tryOnce = () =>
        how === 'tombstone' ? tryToWrite(stream, [tombstone]) : setTruncateBefore(stream, softDeleted);
      return inTurn(stream, () => write({ stream, expected, events: [tombstone] }, tryOnce));
    },
  };
}

/** Runs what concerns one stream, or its metadata, one after the other. */
function createTurns() {
  const lastOf = new Map<string, Promise<unknown>>();
  return async <T>(stream: string, work: () => Promise<T>): Promise<T> => {
    const key = stream.replace(/^\$\$/, '');
    const running = (lastOf.get(key) ?? Promise.resolve()).then(work, work);
    lastOf.set(key, running);
    try {
      return await running;
    } finally {
      if (lastOf.get(key) === running) lastOf.delete(key);
    }
  };
}

function newEvent(type: string, contentType: string, data: Uint8Array = new Uint8Array()): WireEvent {
  return { id: crypto.randomUUID(), type, contentType, data, customMetadata: new Uint8Array() };
}
