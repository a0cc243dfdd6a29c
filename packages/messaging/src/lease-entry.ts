import { JetStreamApiCodes, JetStreamApiError, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { type Log, leaseNoteLimits } from '@yardmaster/application';
import { z } from 'zod';
import { encode, parseMessage } from './messages.ts';
import { ensureStream, leaderLeaseDefinition, managerOf, nullWhen } from './streams.ts';
import { leaderBucket, leaderLeaseSubject } from './subjects.ts';

/** A question that takes longer is asked again; what came of it is unknown until then. */
const askTimeoutMs = 1_000;
const maxNameLength = 200;

export const LeaseValue = z.object({
  /** Null when it was given back. */
  leader: z.string().max(maxNameLength).nullable(),
  /** Unique to every start of a candidate. */
  session: z.uuid(),
  process: z.object({ machine: z.string().max(maxNameLength).nullable(), pid: z.int().positive() }),
  notes: z
    .record(z.string().max(leaseNoteLimits.nameLength), z.string().max(leaseNoteLimits.valueLength))
    .refine((notes) => Object.keys(notes).length <= leaseNoteLimits.names),
});
export type LeaseValue = z.infer<typeof LeaseValue>;

/** What stands in the bucket. `value` is null where nothing does, or nothing that a server has written. */
export interface LeaseEntry {
  /** 0 where nothing stands. */
  readonly sequence: number;
  readonly value: LeaseValue | null;
}

export async function ensureLeaderBucket(client: NatsConnection): Promise<void> {
  await ensureStream(await managerOf(client, askTimeoutMs), leaderLeaseDefinition);
}

export async function readLease(client: NatsConnection, log: Log): Promise<LeaseEntry> {
  const subject = leaderLeaseSubject;
  const manager = await managerOf(client, askTimeoutMs);
  const message = await manager.streams
    .getMessage(leaderBucket, { last_by_subj: subject })
    .catch(nullWhen(JetStreamApiCodes.NoMessageFound));
  if (message === null) return { sequence: 0, value: null };
  const { seq, data } = message;
  return { sequence: seq, value: parseMessage({ schema: LeaseValue, subject, data, log }) };
}

/** The sequence of what was written; null when something else stood there than what was to be replaced. */
export async function writeLease(client: NatsConnection, value: LeaseValue, replaced: number): Promise<number | null> {
  try {
    const { seq } = await jetstream(client).publish(leaderLeaseSubject, encode(value), {
      timeout: askTimeoutMs,
      expect: { streamName: leaderBucket, lastSubjectSequence: replaced },
    });
    return seq;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence) return null;
    throw error;
  }
}
