import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type AppendReq, type AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { Metadata, type ServerReadableStream, type ServiceError, status } from '@grpc/grpc-js';
import { type EventStore, InvalidAppend } from '@yardmaster/application';
import { type ExpectedVersion, judgeAppend } from './judge-append.ts';
import { toStored, type WireEvent } from './stored-form.ts';
import type { LogRecord, WireLog } from './wire-log.ts';

/** The server's `--max-append-size`: for all events of one append together. */
const maxAppendBytes = 1_048_576;

interface Proposal {
  readonly stream: string;
  readonly expected: ExpectedVersion;
  readonly events: readonly WireEvent[];
}

export type AppendCall = ServerReadableStream<AppendReq, AppendResp>;

export interface AppenderOptions {
  readonly store: EventStore;
  readonly log: WireLog;
  /** False: a repeated append is a wrong version like any other. */
  readonly knowsRepetitions: boolean;
}

/** Serves appends one after the other, as the server's one writer does. */
export function createAppender(options: AppenderOptions): (call: AppendCall) => Promise<AppendResp> {
  let writing: Promise<unknown> = Promise.resolve();
  return async (call) => {
    const proposal = await receive(call);
    const written = writing.then(() => write(options, proposal));
    writing = written.catch(() => undefined);
    return written;
  };
}

async function receive(call: AppendCall): Promise<Proposal> {
  let stream = '';
  let expected: ExpectedVersion = { kind: 'any' };
  const events: WireEvent[] = [];
  let bytes = 0;
  // The typings of a call leave out what it iterates over.
  for await (const request of call as AsyncIterable<AppendReq>) {
    const options = request.getOptions();
    const proposed = request.getProposedMessage();
    if (options !== undefined) {
      stream = Buffer.from(options.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString();
      expected = expectedVersionOf(options);
    }
    if (proposed === undefined) continue;
    const event = {
      id: proposed.getId()?.getString() ?? '',
      type: proposed.getMetadataMap().get('type') ?? '',
      contentType: proposed.getMetadataMap().get('content-type') ?? '',
      data: proposed.getData_asU8(),
      customMetadata: proposed.getCustomMetadata_asU8(),
    };
    bytes += event.data.length + event.customMetadata.length + event.type.length;
    if (bytes > maxAppendBytes) throw tooLarge();
    events.push(event);
  }
  return { stream, expected, events };
}

function expectedVersionOf(options: AppendReq.Options): ExpectedVersion {
  if (options.hasNoStream()) return { kind: 'no-stream' };
  if (options.hasStreamExists()) return { kind: 'stream-exists' };
  if (options.hasRevision()) return { kind: 'revision', revision: Number(options.getRevision()) };
  return { kind: 'any' };
}

async function write(
  { store, log, knowsRepetitions }: AppenderOptions,
  { stream, expected, events }: Proposal,
): Promise<AppendResp> {
  for (;;) {
    await log.catchUp();
    const existing = log.stream(stream);
    const ids = events.map((event) => event.id);
    const verdict = judgeAppend(existing, expected, ids);
    if (verdict.kind === 'already-written' && knowsRepetitions) return success(verdict.last);
    if (verdict.kind !== 'write') return wrongVersion(existing, expected);
    const head = existing.length === 0 ? 'no_stream' : existing.length - 1;
    const stored = events.map((event) => toStored(stream, event));
    const result = await store.append(stream, head, stored).catch((error: unknown) => {
      throw error instanceof InvalidAppend ? statusError(status.INVALID_ARGUMENT, error.message) : error;
    });
    // Refused: somebody else has written to the store. Judge again by what it holds now.
    if (!result.ok) continue;
    await log.catchUp();
    const last = log.stream(stream)[result.revision];
    if (last !== undefined) return success(last);
  }
}

function success(last: LogRecord): AppendResp {
  const position = new streams.AppendResp.Position();
  position.setCommitPosition(String(last.position));
  position.setPreparePosition(String(last.position));
  const answer = new streams.AppendResp.Success();
  answer.setCurrentRevision(String(last.revision));
  answer.setPosition(position);
  return new streams.AppendResp().setSuccess(answer);
}

function wrongVersion(existing: readonly LogRecord[], expected: ExpectedVersion): AppendResp {
  const answer = new streams.AppendResp.WrongExpectedVersion();
  if (existing.length === 0) answer.setCurrentNoStream(new shared.Empty());
  else answer.setCurrentRevision(String(existing.length - 1));
  switch (expected.kind) {
    case 'any':
      answer.setExpectedAny(new shared.Empty());
      break;
    case 'no-stream':
      answer.setExpectedNoStream(new shared.Empty());
      break;
    case 'stream-exists':
      answer.setExpectedStreamExists(new shared.Empty());
      break;
    case 'revision':
      answer.setExpectedRevision(String(expected.revision));
      break;
    default:
      expected satisfies never;
  }
  return new streams.AppendResp().setWrongExpectedVersion(answer);
}

function tooLarge(): ServiceError {
  const metadata = new Metadata();
  metadata.set('exception', 'maximum-append-size-exceeded');
  metadata.set('maximum-append-size', String(maxAppendBytes));
  return statusError(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendBytes} Exceeded.`, metadata);
}

/** What gRPC sends as the status of a call that failed. */
export function statusError(code: status, details: string, metadata = new Metadata()): ServiceError {
  return Object.assign(new Error(details), { code, details, metadata });
}
