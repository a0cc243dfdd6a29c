import { once } from 'node:events';
import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { confirmation, eventMessage, streamNotFound } from './read-messages.ts';
import { nameOf } from './serve-append.ts';
import { streamDeleted } from './status.ts';
import { softDeleted } from './stream-metadata.ts';
import type { LogEntry, WireLog } from './wire-log.ts';

export type ReadCall = ServerWritableStream<ReadReq, ReadResp>;

const backwards = 1;
/** What is loaded at once; an event has up to a mebibyte. */
const maxPageEntries = 200;

/**
 * Serves one read or subscription, of a stream or of $all, until all is sent or `signal` aborts.
 * A read includes the place where it starts (forwards) and a subscription excludes it. A subscription is confirmed
 * first; it says nothing when it has caught up. Subscriptions to $all may be filtered; no checkpoints are sent then.
 * Links are not resolved. Throws gRPC statuses.
 */
export async function serveRead(call: ReadCall, log: WireLog, signal: AbortSignal): Promise<void> {
  const options = call.request.getOptions();
  if (options === undefined) return;
  const range = whatToRead(options, log);
  if (range.stream !== undefined && log.stream(range.stream).isTombstoned) throw streamDeleted(range.stream);
  const reading = { call, log, signal, ...range };
  if (options.hasSubscription()) {
    await send(call, confirmation(), signal);
    await sendFollowing(reading, filterOf(options));
  } else if (range.stream !== undefined && isMissing(log, range.stream)) {
    await send(call, streamNotFound(range.stream), signal);
  } else if (options.getReadDirection() === backwards) {
    await sendBackwards(reading, Number(options.getCount()));
  } else {
    await sendForwards(reading, Number(options.getCount()));
  }
}

function isMissing(log: WireLog, name: string): boolean {
  const { entries, truncateBefore } = log.stream(name);
  return entries.length === 0 || truncateBefore === softDeleted;
}

interface Range {
  readonly entries: readonly LogEntry[];
  /** Index of the first entry to send; backwards, of the entry before which to begin. */
  readonly start: number;
  /** Entries before it are not shown. */
  readonly first: number;
  /** The stream's name; undefined for $all. */
  readonly stream?: string;
}

interface Reading extends Range {
  readonly call: ReadCall;
  readonly log: WireLog;
  readonly signal: AbortSignal;
}

function whatToRead(options: ReadReq.Options, log: WireLog): Range {
  const isSubscription = options.hasSubscription();
  const of = options.getStream();
  if (of !== undefined) {
    const stream = nameOf(of.getStreamIdentifier());
    const { entries, truncateBefore } = log.stream(stream);
    // A subscription to a deleted stream delivers what is written to it from now on.
    const first = Math.min(truncateBefore, entries.length);
    const isAfter = isSubscription || options.getReadDirection() === backwards;
    const place = of.hasStart() ? 0 : of.hasEnd() ? entries.length : Number(of.getRevision()) + (isAfter ? 1 : 0);
    return { entries, stream, first, start: place };
  }
  const { all: entries } = log;
  const position = options.getAll()?.getPosition();
  if (position === undefined) return { entries, first: 0, start: options.getAll()?.hasEnd() ? entries.length : 0 };
  const from = Number(position.getCommitPosition());
  return { entries, first: 0, start: countBefore(entries, isSubscription ? from + 1 : from) };
}

/** How many entries lie before a position. */
function countBefore(entries: readonly LogEntry[], position: number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.position ?? position) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function sendForwards(reading: Reading, count: number): Promise<void> {
  const { entries, signal } = reading;
  const start = Math.max(reading.start, reading.first);
  const end = Math.min(entries.length, start + count);
  for (let at = start; at < end && !signal.aborted; at += maxPageEntries) {
    await sendPage(reading, entries.slice(at, Math.min(end, at + maxPageEntries)));
  }
}

async function sendBackwards(reading: Reading, count: number): Promise<void> {
  const { entries, signal, first } = reading;
  const start = Math.min(reading.start, entries.length);
  const end = Math.max(first, start - count);
  for (let at = start; at > end && !signal.aborted; at -= maxPageEntries) {
    await sendPage(reading, entries.slice(Math.max(end, at - maxPageEntries), at), { isReversed: true });
  }
}

async function sendFollowing(reading: Reading, isWanted: (entry: LogEntry) => boolean): Promise<void> {
  const { entries, log, signal } = reading;
  let wake = () => {};
  const ring = () => wake();
  const leave = log.onGrowth(ring);
  signal.addEventListener('abort', ring);
  try {
    for (let next = Math.max(reading.start, reading.first); !signal.aborted; ) {
      const page = entries.slice(next, next + maxPageEntries);
      await sendPage(reading, page.filter(isWanted));
      next += page.length;
      if (next < entries.length || signal.aborted) continue;
      log.assertGrowing();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    leave();
    signal.removeEventListener('abort', ring);
  }
}

async function sendPage(
  { call, log, signal, stream }: Reading,
  page: readonly LogEntry[],
  { isReversed = false } = {},
): Promise<void> {
  const events = await log.load(page, stream);
  const messages = page.map((entry, index) => ({ entry, event: events[index] }));
  for (const { entry, event } of isReversed ? messages.reverse() : messages) {
    if (event !== undefined) await send(call, eventMessage(entry, event), signal);
  }
}

/** Writes at the reader's pace. */
async function send(call: ReadCall, message: ReadResp, signal: AbortSignal): Promise<void> {
  if (signal.aborted || call.write(message)) return;
  await once(call, 'drain', { signal }).catch(() => undefined);
}

/** Whether an entry passes the filter of a subscription: a regular expression or prefixes, of types or stream names. */
function filterOf(options: ReadReq.Options): (entry: LogEntry) => boolean {
  const filter = options.getFilter();
  const ofType = filter?.getEventType();
  const expression = ofType ?? filter?.getStreamIdentifier();
  if (expression === undefined) return () => true;
  const textOf = (entry: LogEntry) => (ofType === undefined ? entry.stream : entry.type);
  const prefixes = expression.getPrefixList();
  if (prefixes.length > 0) return (entry) => prefixes.some((prefix) => textOf(entry).startsWith(prefix));
  const pattern = new RegExp(expression.getRegex());
  return (entry) => pattern.test(textOf(entry));
}
