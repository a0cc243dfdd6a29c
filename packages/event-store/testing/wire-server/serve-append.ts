import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams, { type AppendReq, type AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type ServerReadableStream, status } from '@grpc/grpc-js';
import { type ExpectedVersion, expectedVersionOf, setExpectedVersion } from './expected-version.ts';
import { maxAppendBytes, statusError, streamDeleted, tooLarge } from './status.ts';
import type { WireEvent } from './stored-form.ts';
import type { Proposal, StreamWriter } from './stream-writer.ts';

export type AppendCall = ServerReadableStream<AppendReq, AppendResp>;

export async function serveAppend(call: AppendCall, writer: StreamWriter): Promise<AppendResp> {
  const proposal = await receive(call);
  const outcome = await writer.append(proposal);
  switch (outcome.kind) {
    case 'written': {
      const position = new streams.AppendResp.Position();
      position.setCommitPosition(String(outcome.last.position)).setPreparePosition(String(outcome.last.position));
      const answer = new streams.AppendResp.Success();
      answer.setCurrentRevision(String(outcome.last.revision)).setPosition(position);
      return new streams.AppendResp().setSuccess(answer);
    }
    case 'wrong-version':
      return wrongVersion(outcome.current, proposal.expected);
    case 'deleted':
      throw streamDeleted(proposal.stream);
    default:
      return outcome satisfies never;
  }
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
      stream = nameOf(options.getStreamIdentifier());
      expected = expectedVersionOf(options, options.hasRevision() ? options.getRevision() : undefined);
    }
    if (proposed === undefined) continue;
    const event = toEvent(proposed);
    bytes += sizeOf(event);
    if (bytes > maxAppendBytes) throw tooLarge();
    events.push(event);
  }
  return { stream, expected, events };
}

export const nameOf = (identifier: shared.StreamIdentifier | undefined): string =>
  Buffer.from(identifier?.getStreamName_asU8() ?? []).toString();

/** As the server counts them against its limit. */
export const sizeOf = ({ data, customMetadata, type }: WireEvent): number =>
  data.length + customMetadata.length + 2 * type.length;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** An event of either kind of append. Throws what a handler of the server throws at an id that is no UUID. */
export function toEvent(
  proposed: streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage,
): WireEvent {
  const id = (proposed.getId()?.getString() ?? '').toLowerCase();
  if (!uuid.test(id)) throw statusError(status.UNKNOWN, 'Exception was thrown by handler.');
  return {
    id,
    type: proposed.getMetadataMap().get('type') ?? '',
    contentType: proposed.getMetadataMap().get('content-type') ?? '',
    data: proposed.getData_asU8(),
    customMetadata: proposed.getCustomMetadata_asU8(),
  };
}

function wrongVersion(current: number, expected: ExpectedVersion): AppendResp {
  const answer = new streams.AppendResp.WrongExpectedVersion();
  const empty = new shared.Empty();
  if (current === -1) answer.setCurrentNoStream(empty);
  else answer.setCurrentRevision(String(current));
  setExpectedVersion(answer, expected, { empty, setRevision: (revision) => answer.setExpectedRevision(revision) });
  return new streams.AppendResp().setWrongExpectedVersion(answer);
}
