/** SQLITE_IOERR_SHMSIZE: a full disk, for what SQLite keeps beside a file. */
const sharedMemorySize = 4_874;
const fullDisk = /disk is full|ENOSPC|EDQUOT/;

/** What gRPC, TLS and the network say, and how a person is told; the first that fits counts. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'connection refused'],
  [/ENOTFOUND|EAI_AGAIN|name resolution/i, 'its host name is not known here'],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no way to its network'],
  [/access.?denied|unauthenticated|permission.?denied/i, 'it refuses the user name or the password'],
  [/certificate|self.signed/i, 'its TLS certificate is not trusted'],
  [
    /wrong version number|EPROTO|ssl3?_|Failed to connect \(/i,
    'it breaks off at once; perhaps only one side has TLS on',
  ],
  [/database is locked|locked by another process/, 'another process holds its lock'],
  [fullDisk, 'its disk is full'],
  [/deadline|timed? ?out|ETIMEDOUT/i, 'no answer in time'],
  [/ECONNRESET|EPIPE|socket hang up|shutting down|connection (has just been )?(lost|dropped)/i, 'connection lost'],
];

/** Why the event store could not be reached, in a few words and without its address. */
export function describeOutage(error: unknown): string {
  const said = wordsOf(error);
  const known = wordings.find(([pattern]) => pattern.test(said));
  if (known !== undefined) return known[1];
  // Without the time of day, which would make the same reason another one each time.
  const bare = (error instanceof Error ? error.message : String(error)).replace(/\s*\(\d{4}-[\dT:.Z-]+\)/g, '');
  return bare.replace(/\.$/, '');
}

/** Whether a full disk is why something failed: there may be room again. */
export const isDiskFull = (error: unknown): boolean =>
  fullDisk.test(wordsOf(error)) || (error instanceof Error && 'errcode' in error && error.errcode === sharedMemorySize);

/** What an error says, and what was its cause; a client's errors have their kind in `type`. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const type = 'type' in error ? String(error.type) : '';
  return [type, error.message, error.cause === undefined ? '' : wordsOf(error.cause)].join('\n');
}
