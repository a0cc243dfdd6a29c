import { once } from 'node:events';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type ReadReq, type ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { LogRecord, WireLog } from './wire-log.ts';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const backwards = 1;

/**
 * Serves one read or subscription, of a stream or of $all, until all is sent or `signal` aborts.
 * A read includes the place where it starts (forwards) and a subscription excludes it. A subscription is confirmed
 * first; it says nothing when it has caught up. Subscriptions to $all may be filtered; no checkpoints are sent then.
 */
export async function serveRead(call: ReadCall, log: WireLog, signal: AbortSignal): Promise<void> {
  await log.catchUp();
  const options = call.request.getOptions();
  if (options === undefined) return;
  const { records, start, stream } = whatToRead(options, log);
  if (options.hasSubscription()) {
    await send(call, confirmation(), signal);
    await sendFollowing(call, { records, start, isWanted: filterOf(options) }, { log, signal });
    return;
  }
  if (stream !== undefined && records.length === 0) {
    await send(call, streamNotFound(stream), signal);
    return;
  }
  const count = Number(options.getCount());
  const selected =
    options.getReadDirection() === backwards
      ? records.slice(Math.max(0, start - count), start).reverse()
      : records.slice(start, start + count);
  for (const record of selected) await send(call, eventMessage(record), signal);
}

interface WhatToRead {
  readonly records: readonly LogRecord[];
  /** Index of the first record to send; backwards, of the record before which to begin. */
  readonly start: number;
  /** The stream's name; undefined for $all. */
  readonly stream?: string;
}

function whatToRead(options: ReadReq.Options, log: WireLog): WhatToRead {
  const isSubscription = options.hasSubscription();
  const isBackwards = options.getReadDirection() === backwards;
  const of = options.getStream();
  if (of !== undefined) {
    const stream = Buffer.from(of.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
    const records = log.stream(stream);
    if (of.hasStart()) return { records, stream, start: 0 };
    if (of.hasEnd()) return { records, stream, start: records.length };
    return { records, stream, start: Number(of.getRevision()) + (isSubscription || isBackwards ? 1 : 0) };
  }
  const { records } = log;
  const position = options.getAll()?.getPosition();
  if (position === undefined) return { records, start: options.getAll()?.hasEnd() ? records.length : 0 };
  const from = BigInt(position.getCommitPosition());
  return { records, start: countBefore(records, isSubscription ? from + 1n : from) };
}

/** How many records lie before a position. */
function countBefore(records: readonly LogRecord[], position: bigint): number {
  let [low, high] = [0, records.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle]?.position ?? position) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a record passes the filter of a subscription: a regular expression or prefixes, of types or stream names. */
function filterOf(options: ReadReq.Options): (record: LogRecord) => boolean {
  const filter = options.getFilter();
  const ofType = filter?.getEventType();
  const expression = ofType ?? filter?.getStreamIdentifier();
  if (expression === undefined) return () => true;
  const textOf = (record: LogRecord) => (ofType === undefined ? record.stream : record.type);
  const prefixes = expression.getPrefixList();
  if (prefixes.length > 0) return (record) => prefixes.some((prefix) => textOf(record).startsWith(prefix));
  const pattern = new RegExp(expression.getRegex());
  return (record) => pattern.test(textOf(record));
}

interface Following {
  readonly records: readonly LogRecord[];
  readonly start: number;
  readonly isWanted: (record: LogRecord) => boolean;
}

async function sendFollowing(
  call: ReadCall,
  { records, start, isWanted }: Following,
  { log, signal }: { readonly log: WireLog; readonly signal: AbortSignal },
): Promise<void> {
  let wake = () => {};
  const ring = () => wake();
  const leave = log.onGrowth(ring);
  signal.addEventListener('abort', ring);
  try {
    for (let next = start; !signal.aborted; ) {
      const record = records[next];
      if (record !== undefined) {
        if (isWanted(record)) await send(call, eventMessage(record), signal);
        next += 1;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    leave();
    signal.removeEventListener('abort', ring);
  }
}

/** Writes at the reader's pace. */
async function send(call: ReadCall, message: ReadResp, signal: AbortSignal): Promise<void> {
  if (signal.aborted || call.write(message)) return;
  await once(call, 'drain', { signal }).catch(() => undefined);
}

function confirmation(): ReadResp {
  const confirmed = new streams.ReadResp.SubscriptionConfirmation();
  return new streams.ReadResp().setConfirmation(confirmed.setSubscriptionId(crypto.randomUUID()));
}

function streamNotFound(stream: string): ReadResp {
  const missing = new streams.ReadResp.StreamNotFound();
  return new streams.ReadResp().setStreamNotFound(missing.setStreamIdentifier(identifierOf(stream)));
}

function eventMessage(record: LogRecord): ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(new shared.UUID().setString(record.id));
  recorded.setStreamIdentifier(identifierOf(record.stream));
  recorded.setStreamRevision(String(record.revision));
  recorded.setCommitPosition(String(record.position));
  recorded.setPreparePosition(String(record.position));
  recorded.setData(record.data);
  recorded.setCustomMetadata(record.customMetadata);
  recorded.getMetadataMap().set('type', record.type);
  recorded.getMetadataMap().set('content-type', record.contentType);
  // In units of 100 ns.
  recorded.getMetadataMap().set('created', String(BigInt(record.createdAt.getTime()) * 10_000n));
  const event = new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(record.position));
  return new streams.ReadResp().setEvent(event);
}

const identifierOf = (stream: string) => new shared.StreamIdentifier().setStreamName(Buffer.from(stream));
