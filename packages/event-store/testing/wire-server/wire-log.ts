import type { EventStore, Position } from '@yardmaster/application';
import { toWireEvent, type WireEvent } from './stored-form.ts';

/** An event at its place in the log. */
export interface LogRecord extends WireEvent {
  readonly stream: string;
  readonly revision: number;
  /** Offset in the log: commit and prepare position alike. Ordered, with gaps. */
  readonly position: bigint;
  readonly createdAt: Date;
}

/** The store's events as a server's log: with offsets for positions and the server's own records among them. */
export interface WireLog {
  /** In order; only ever grows. */
  readonly records: readonly LogRecord[];
  /** The records of one stream, in order; only ever grows. Empty where there is no such stream. */
  stream(name: string): readonly LogRecord[];
  /** Takes in what the store holds by now. */
  catchUp(): Promise<void>;
  /** Called whenever there are more records; returns what ends that. */
  onGrowth(listener: () => void): () => void;
}

const pageEvents = 500;
/** What a record takes in the log beside its data, so that no two positions are neighbours. */
const recordOverheadBytes = 137;

/**
 * Nothing of the log is stored: the same events in the same order give the same offsets, so a server that is started
 * anew on the same store continues the log of the one before. Like a real server with system projections it keeps
 * statistics and writes a link into `$ce-<category>` after each event.
 */
export function createWireLog(store: EventStore): WireLog {
  const records: LogRecord[] = [];
  const streams = new Map<string, LogRecord[]>();
  const listeners = new Set<() => void>();
  let end = 0n;
  let taken: Position | undefined;
  let catchingUp: Promise<void> = Promise.resolve();

  const streamOf = (name: string): LogRecord[] => {
    const stream = streams.get(name) ?? [];
    streams.set(name, stream);
    return stream;
  };
  const add = (stream: string, event: WireEvent, createdAt: Date) => {
    const ofStream = streamOf(stream);
    const record = { ...event, stream, revision: ofStream.length, position: end, createdAt };
    end += BigInt(recordOverheadBytes + event.data.length + event.customMetadata.length);
    ofStream.push(record);
    records.push(record);
  };
  const takeIn = async () => {
    for (;;) {
      const page = await store.readAll({ ...(taken === undefined ? {} : { after: taken }), limit: pageEvents });
      for (const event of page) {
        const createdAt = new Date(event.recordedAt);
        add(event.stream, toWireEvent(event), createdAt);
        add(
          `$ce-${event.stream.split('-')[0]}`,
          systemEvent('$>', `${event.revision}@${event.stream}`, end),
          createdAt,
        );
        taken = event.position;
      }
      if (page.length < pageEvents) break;
    }
    for (const listener of listeners) listener();
  };

  add('$stats-127.0.0.1:2113', systemEvent('$statsCollected', '{}', end), new Date(0));
  return {
    records,
    stream: streamOf,
    catchUp() {
      catchingUp = catchingUp.then(takeIn, takeIn);
      return catchingUp;
    },
    onGrowth(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Its id comes from its position, so that it is the same whenever the log is made again. */
function systemEvent(type: string, data: string, position: bigint): WireEvent {
  return {
    id: `00000000-0000-4000-8000-${position.toString(16).padStart(12, '0')}`,
    type,
    contentType: type === '$>' ? 'application/octet-stream' : 'application/json',
    data: Buffer.from(data),
    customMetadata: new Uint8Array(),
  };
}
