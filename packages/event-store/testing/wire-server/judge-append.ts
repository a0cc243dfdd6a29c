import type { LogRecord } from './wire-log.ts';

export type ExpectedVersion =
  | { readonly kind: 'any' }
  | { readonly kind: 'no-stream' }
  | { readonly kind: 'stream-exists' }
  | { readonly kind: 'revision'; readonly revision: number };

export type Verdict =
  | { readonly kind: 'write' }
  | { readonly kind: 'already-written'; readonly last: LogRecord }
  | { readonly kind: 'wrong-version' };

/**
 * What server 22.10.5 does with an append, measured:
 *
 * - At the revision that the stream has, it writes without looking at the ids: the same id again is written twice.
 * - At an earlier revision (or at none, for a stream that exists), the same ids in the same places are a success with the
 *   first result, a beginning of them is too, and anything else is a wrong version.
 * - Without an expectation, ids that the stream has in this order are a success, whatever their data; the first of them
 *   with new ones after it is a wrong version.
 */
export function judgeAppend(
  stream: readonly LogRecord[],
  expected: ExpectedVersion,
  eventIds: readonly string[],
): Verdict {
  const head = stream.length - 1;
  switch (expected.kind) {
    case 'no-stream':
      return head === -1 ? { kind: 'write' } : judgeRepetition(stream, 0, eventIds);
    case 'revision':
      return expected.revision === head ? { kind: 'write' } : judgeRepetition(stream, expected.revision + 1, eventIds);
    case 'any':
    case 'stream-exists': {
      if (expected.kind === 'stream-exists' && head === -1) return { kind: 'wrong-version' };
      const first = stream.findIndex((record) => record.id === eventIds[0]);
      return first === -1 ? { kind: 'write' } : judgeRepetition(stream, first, eventIds);
    }
    default:
      return expected satisfies never;
  }
}

function judgeRepetition(stream: readonly LogRecord[], first: number, eventIds: readonly string[]): Verdict {
  const last = stream[first + eventIds.length - 1];
  const same = eventIds.every((id, index) => stream[first + index]?.id === id);
  return same && last !== undefined ? { kind: 'already-written', last } : { kind: 'wrong-version' };
}
