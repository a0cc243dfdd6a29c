import type { ExpectedVersion } from './expected-version.ts';
import { softDeleted } from './stream-metadata.ts';
import type { LogEntry, WireStream } from './wire-log.ts';

export type Verdict =
  | { readonly kind: 'write' }
  | { readonly kind: 'already-written'; readonly last: LogEntry }
  | { readonly kind: 'wrong-version' }
  | { readonly kind: 'deleted' };

/**
 * What server 22.10.5 does with an append, measured:
 *
 * - At the revision that the stream has, it writes without looking at the ids: the same id again is written twice.
 * - At an earlier revision (or at none, for a stream that exists), the same ids in the same places are a success with the
 *   first result, a beginning of them is too, and anything else is a wrong version.
 * - Without an expectation, ids that the stream has in this order are a success, whatever their data; the first of them
 *   with new ones after it is a wrong version.
 * - A deleted stream exists no longer but for its numbering: an append at none continues that. To a tombstoned stream
 *   nothing is ever written.
 */
export function judgeAppend(stream: WireStream, expected: ExpectedVersion, eventIds: readonly string[]): Verdict {
  const { entries, truncateBefore, isTombstoned } = stream;
  const head = entries.length - 1;
  const isDeleted = truncateBefore === softDeleted;
  if (isTombstoned) return { kind: 'deleted' };
  switch (expected.kind) {
    case 'no-stream': {
      if (head === -1) return { kind: 'write' };
      const isRepetition = idOf(entries[0]) === eventIds[0];
      return isDeleted && !isRepetition ? { kind: 'write' } : judgeRepetition(entries, 0, eventIds);
    }
    case 'revision':
      return expected.revision === head ? { kind: 'write' } : judgeRepetition(entries, expected.revision + 1, eventIds);
    case 'any':
    case 'stream-exists': {
      if (expected.kind === 'stream-exists' && isDeleted) return { kind: 'deleted' };
      if (expected.kind === 'stream-exists' && head === -1) return { kind: 'wrong-version' };
      const first = entries.findIndex((entry) => idOf(entry) === eventIds[0]);
      return first === -1 ? { kind: 'write' } : judgeRepetition(entries, first, eventIds);
    }
    default:
      return expected satisfies never;
  }
}

function judgeRepetition(entries: readonly LogEntry[], first: number, eventIds: readonly string[]): Verdict {
  const last = entries[first + eventIds.length - 1];
  const same = eventIds.every((id, index) => idOf(entries[first + index]) === id);
  return same && last !== undefined ? { kind: 'already-written', last } : { kind: 'wrong-version' };
}

const idOf = (entry: LogEntry | undefined): string | undefined => (entry?.kind === 'event' ? entry.id : undefined);
