import streams, { type DeleteReq, type TombstoneReq } from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { expectedVersionOf, versionNumber } from './expected-version.ts';
import { nameOf } from './serve-append.ts';
import { statusError, streamDeleted } from './status.ts';
import type { Deletion, StreamWriter } from './stream-writer.ts';

export async function serveDelete(request: DeleteReq, writer: StreamWriter): Promise<streams.DeleteResp> {
  const position = new streams.DeleteResp.Position();
  const at = await write('delete', request.getOptions(), writer);
  return new streams.DeleteResp().setPosition(position.setCommitPosition(at).setPreparePosition(at));
}

export async function serveTombstone(request: TombstoneReq, writer: StreamWriter): Promise<streams.TombstoneResp> {
  const position = new streams.TombstoneResp.Position();
  const at = await write('tombstone', request.getOptions(), writer);
  return new streams.TombstoneResp().setPosition(position.setCommitPosition(at).setPreparePosition(at));
}

/** Returns the position of the record that says so. */
async function write(
  how: Deletion['how'],
  options: DeleteReq.Options | TombstoneReq.Options | undefined,
  writer: StreamWriter,
): Promise<string> {
  if (options === undefined) throw statusError(status.INVALID_ARGUMENT, 'The options are missing.');
  const stream = nameOf(options.getStreamIdentifier());
  const expected = expectedVersionOf(options, options.hasRevision() ? options.getRevision() : undefined);
  const outcome = await writer.delete({ stream, expected, how });
  switch (outcome.kind) {
    case 'written':
      return String(outcome.last.position);
    case 'wrong-version': {
      const [wanted, current] = [String(versionNumber(expected)), String(outcome.current)];
      throw statusError(
        status.FAILED_PRECONDITION,
        `Append failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${wanted}, Actual version: ${current}`,
        {
          exception: 'wrong-expected-version',
          'stream-name': stream,
          'expected-version': wanted,
          'actual-version': current,
        },
      );
    }
    case 'deleted':
      throw streamDeleted(stream);
    default:
      return outcome satisfies never;
  }
}
