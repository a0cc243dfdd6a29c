import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { EventStoreUnavailable, InvalidAppend } from '@yardmaster/application';

/** The server's `--max-append-size`: for all events of one append together. */
export const maxAppendBytes = 1_048_576;

export interface EndPoint {
  readonly address: string;
  readonly port: number;
}

/** What gRPC sends as the status of a call that failed. `trailers` are what the client makes its error of. */
export function statusError(code: status, details: string, trailers: Readonly<Record<string, string>> = {}) {
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(trailers)) metadata.set(key, value);
  const error: ServiceError = Object.assign(new Error(details), { code, details, metadata });
  return error;
}

/** Whatever was thrown, as a status: ours and gRPC's own errors have one already. */
export function toStatus(error: unknown): ServiceError {
  if (error instanceof InvalidAppend) return statusError(status.INVALID_ARGUMENT, error.message);
  if (error instanceof EventStoreUnavailable) return statusError(status.UNAVAILABLE, error.message);
  if (error instanceof Error && 'details' in error) return error as ServiceError;
  return statusError(status.UNKNOWN, error instanceof Error ? error.message : String(error));
}

export const streamDeleted = (stream: string) =>
  statusError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

export const tooLarge = () =>
  statusError(status.INVALID_ARGUMENT, `Maximum Append Size of ${maxAppendBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(maxAppendBytes),
  });

export const accessDenied = () =>
  statusError(status.PERMISSION_DENIED, 'Access Denied', { exception: 'access-denied' });

/** What the client makes of the HTTP status 401, which a real server answers to credentials that are wrong. */
export const notAuthenticated = () => statusError(status.UNAUTHENTICATED, 'Received HTTP status code 401');

export const notLeader = ({ address, port }: EndPoint) =>
  statusError(status.NOT_FOUND, 'Leader info available', {
    exception: 'not-leader',
    'leader-endpoint-host': address,
    'leader-endpoint-port': String(port),
  });

export const notReady = () => statusError(status.UNAVAILABLE, 'Server Is Not Ready');

export const shuttingDown = () => statusError(status.UNAVAILABLE, 'The server is shutting down.');
