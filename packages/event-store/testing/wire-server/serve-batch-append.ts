import codes from '@eventstore/db-client/generated/code_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import rpc from '@eventstore/db-client/generated/status_pb.js';
import streams, { type BatchAppendReq, type BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import type { Message } from 'google-protobuf';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import { type ExpectedVersion, expectedVersionOf, setExpectedVersion } from './expected-version.ts';
import { nameOf, sizeOf, toEvent } from './serve-append.ts';
import { maxAppendBytes, toStatus } from './status.ts';
import type { WireEvent } from './stored-form.ts';
import type { Proposal, StreamWriter } from './stream-writer.ts';

export type BatchAppendCall = ServerDuplexStream<BatchAppendReq, BatchAppendResp>;

/** The server's `--write-timeout-ms`: the longest that it takes over one append. */
const writeTimeoutMs = 2_000;

interface Pending extends Proposal {
  readonly events: WireEvent[];
  readonly correlationId: shared.UUID;
  bytes: number;
  readonly timer: NodeJS.Timeout;
}

export interface BatchAppendOptions {
  readonly writer: StreamWriter;
  /** Aborts when the call is to end. */
  readonly signal: AbortSignal;
  /** Asked before each append. Throws when the call is to break off: the node may lead no longer. */
  admit(): Promise<void>;
  /** Waited for before each answer. Throws when the call is to break off instead. */
  beforeAnswer(): Promise<void>;
}

/**
 * Serves the appends that come over one call, each answered by itself when it is written or refused. One that is not
 * complete when its time is up is answered with a timeout, and so is one of which the server could not read an event,
 * although that was answered already: so a real server does, and it ends the process of this client (version 6.2.1).
 */
export async function serveBatchAppend(call: BatchAppendCall, options: BatchAppendOptions): Promise<void> {
  const { writer, signal } = options;
  const pending = new Map<string, Pending>();
  const broken = Promise.withResolvers<never>();
  const answer = async (response: BatchAppendResp) => {
    await options.beforeAnswer();
    if (!signal.aborted) call.write(response);
  };
  const answerLater = (response: Promise<BatchAppendResp>) => void response.then(answer).catch(broken.reject);

  const receive = (request: BatchAppendReq) => {
    const key = request.getCorrelationId()?.getString() ?? '';
    const one =
      pending.get(key) ??
      begin(request, (timedOut) => {
        pending.delete(key);
        answerLater(Promise.resolve(refusal(timedOut, 'Timeout', new shared.Timeout())));
      });
    if (one === undefined) return;
    pending.set(key, one);
    try {
      for (const proposed of request.getProposedMessagesList()) {
        const event = toEvent(proposed);
        one.events.push(event);
        one.bytes += sizeOf(event);
      }
    } catch (error) {
      answerLater(
        Promise.resolve(refusal(one, 'BadRequest', new shared.BadRequest().setMessage(toStatus(error).details))),
      );
      return;
    }
    const isTooLarge = one.bytes > maxAppendBytes;
    if (!isTooLarge && !request.getIsFinal()) return;
    clearTimeout(one.timer);
    pending.delete(key);
    answerLater(isTooLarge ? Promise.resolve(tooLarge(one)) : options.admit().then(() => write(writer, one)));
  };

  const finished = new Promise<void>((resolve) => {
    call.on('data', receive);
    call.once('end', resolve);
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    await Promise.race([finished, broken.promise]);
  } finally {
    for (const { timer } of pending.values()) clearTimeout(timer);
  }
}

/** Undefined for the rest of an append that was answered already. */
function begin(request: BatchAppendReq, onTimeout: (one: Pending) => void): Pending | undefined {
  const [options, correlationId] = [request.getOptions(), request.getCorrelationId()];
  if (options === undefined || correlationId === undefined) return undefined;
  const wantedMs = (options.getDeadline()?.toDate().getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
  const one: Pending = {
    correlationId,
    stream: nameOf(options.getStreamIdentifier()),
    expected: expectedVersionOf(options, options.hasStreamPosition() ? options.getStreamPosition() : undefined),
    events: [],
    bytes: 0,
    timer: setTimeout(() => onTimeout(one), Math.min(wantedMs, writeTimeoutMs)),
  };
  return one;
}

async function write(writer: StreamWriter, one: Pending): Promise<BatchAppendResp> {
  const outcome = await writer.append(one);
  switch (outcome.kind) {
    case 'written': {
      const position = new shared.AllStreamPosition();
      position.setCommitPosition(String(outcome.last.position)).setPreparePosition(String(outcome.last.position));
      const success = new streams.BatchAppendResp.Success().setPosition(position);
      return responseTo(one).setSuccess(success.setCurrentRevision(String(outcome.last.revision)));
    }
    case 'wrong-version':
      return refusal(one, 'WrongExpectedVersion', wrongVersion(outcome.current, one.expected));
    case 'deleted': {
      const identifier = new shared.StreamIdentifier().setStreamName(Buffer.from(one.stream));
      return refusal(one, 'StreamDeleted', new shared.StreamDeleted().setStreamIdentifier(identifier));
    }
    default:
      return outcome satisfies never;
  }
}

const responseTo = ({ correlationId, stream }: Pending): BatchAppendResp =>
  new streams.BatchAppendResp()
    .setCorrelationId(correlationId)
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream)));

const tooLarge = (one: Pending) =>
  refusal(one, 'MaximumAppendSizeExceeded', new shared.MaximumAppendSizeExceeded().setMaxappendsize(maxAppendBytes));

/** An answer that is an error of one append: the client goes by the name of its details. */
function refusal(one: Pending, name: string, details: Message): BatchAppendResp {
  const packed = new any.Any();
  packed.pack(details.serializeBinary(), `event_store.client.${name}`);
  const error = new rpc.Status().setCode(codes.Code.UNKNOWN).setMessage(name).setDetails(packed);
  return responseTo(one).setError(error);
}

function wrongVersion(current: number, expected: ExpectedVersion): shared.WrongExpectedVersion {
  const details = new shared.WrongExpectedVersion();
  const nothing = new empty.Empty();
  if (current === -1) details.setCurrentNoStream(nothing);
  else details.setCurrentStreamRevision(String(current));
  const setRevision = (revision: string) => details.setExpectedStreamPosition(revision);
  setExpectedVersion(details, expected, { empty: nothing, setRevision });
  return details;
}
