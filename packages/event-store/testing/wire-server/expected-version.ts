import type { Empty } from '@eventstore/db-client/generated/shared_pb.js';

export type ExpectedVersion =
  | { readonly kind: 'any' }
  | { readonly kind: 'no-stream' }
  | { readonly kind: 'stream-exists' }
  | { readonly kind: 'revision'; readonly revision: number };

/** What the options of every kind of write say about the version; they differ in the name of the revision. */
interface VersionOptions {
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
}

export function expectedVersionOf(options: VersionOptions, revision: string | undefined): ExpectedVersion {
  if (options.hasNoStream()) return { kind: 'no-stream' };
  if (options.hasStreamExists()) return { kind: 'stream-exists' };
  return revision === undefined ? { kind: 'any' } : { kind: 'revision', revision: Number(revision) };
}

/** Where a refusal repeats what was expected. */
interface ExpectedVersionFields {
  setExpectedAny(value: Empty): unknown;
  setExpectedNoStream(value: Empty): unknown;
  setExpectedStreamExists(value: Empty): unknown;
}

export function setExpectedVersion(
  fields: ExpectedVersionFields,
  expected: ExpectedVersion,
  { empty, setRevision }: { readonly empty: Empty; setRevision(revision: string): unknown },
): void {
  switch (expected.kind) {
    case 'any':
      fields.setExpectedAny(empty);
      break;
    case 'no-stream':
      fields.setExpectedNoStream(empty);
      break;
    case 'stream-exists':
      fields.setExpectedStreamExists(empty);
      break;
    case 'revision':
      setRevision(String(expected.revision));
      break;
    default:
      expected satisfies never;
  }
}

/** As .NET names the four kinds, in trailers. */
export function versionNumber(expected: ExpectedVersion): number {
  switch (expected.kind) {
    case 'any':
      return -2;
    case 'no-stream':
      return -1;
    case 'stream-exists':
      return -4;
    case 'revision':
      return expected.revision;
    default:
      return expected satisfies never;
  }
}
