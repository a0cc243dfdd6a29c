import { z } from 'zod';
import type { WireEvent } from './stored-form.ts';

/** The type of the events in `$$<stream>`, the last of which holds the metadata of the stream. */
export const metadataType = '$metadata';
/** The type of the event after which a stream can never be written again. */
export const tombstoneType = '$streamDeleted';
/** The revision that is shown for it. */
export const tombstoneRevision = 9_223_372_036_854_775_807n;

/** `truncateBefore` of a stream that was deleted, until it is written again. */
export const softDeleted = Number.POSITIVE_INFINITY;

const Metadata = z.looseObject({ $tb: z.number().nonnegative().optional() });
type Metadata = z.infer<typeof Metadata>;

/** What is no JSON object sets nothing, as on a server. */
function parseMetadata({ data }: Pick<WireEvent, 'data'>): Metadata {
  try {
    return Metadata.parse(JSON.parse(Buffer.from(data).toString()));
  } catch {
    return {};
  }
}

/** The largest revision there is stands for "deleted"; it is too large for a number to hold exactly. */
export function truncateBeforeOf(event: Pick<WireEvent, 'data'>): number {
  const { $tb = 0 } = parseMetadata(event);
  return $tb > Number.MAX_SAFE_INTEGER ? softDeleted : $tb;
}

/** The data of the next metadata event of a stream: as the last one, but with another place to begin. */
export function metadataData(last: Pick<WireEvent, 'data'> | undefined, truncateBefore: number): Uint8Array {
  const { $tb: _, ...others } = last === undefined ? {} : parseMetadata(last);
  const members = Object.entries(others).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  members.push(`"$tb":${truncateBefore === softDeleted ? tombstoneRevision : truncateBefore}`);
  return Buffer.from(`{${members.join(',')}}`);
}
