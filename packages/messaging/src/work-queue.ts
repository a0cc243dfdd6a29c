import {
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  type StoredMsg,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Log } from '@yardmaster/application';
import { JobId } from '@yardmaster/domain';
import { WorkItem } from '@yardmaster/protocol';
import { encode, parseMessage } from './messages.ts';
import { MessagingUnavailable } from './messaging-unavailable.ts';
import { apiTimeoutMs, managerOf, nullWhen } from './streams.ts';
import { poolConsumer, subjectToken, workStream, workSubject } from './subjects.ts';

/** "The stream would not store it", whatever the reason; the description tells which. */
const storeFailedCode = 10_077;
const subjectTaken = 'maximum messages per subject exceeded';
const maxPublishTries = 3;

/**
 * Puts an item in. An item of the same attempt that can still be pulled, or is being held by a slot, is left as it is.
 * One of another attempt makes way, and so does a ghost: an item that was acknowledged, came back when the server crashed,
 * and will never be delivered or removed by the server itself (seen with nats-server 2.9.10).
 */
export async function publishWork(client: NatsConnection, { pool, item, log }: PublishOptions): Promise<void> {
  const subject = workSubject(pool, item.jobId);
  for (let tries = 0; tries < maxPublishTries; tries += 1) {
    if (await store(client, subject, item)) return;
    const manager = await managerOf(client);
    const present = await lastItem(manager, subject);
    if (present === null) continue;
    const stored = parseMessage({ schema: WorkItem, subject, data: present.data, log });
    if (stored?.attempt === item.attempt && present.seq > (await acknowledgedUpTo(manager, pool))) return;
    await remove(manager, subject, present);
  }
  throw new MessagingUnavailable(`The work item of job ${item.jobId} changed with every try to publish it.`);
}

export interface PublishOptions {
  readonly pool: string;
  readonly item: WorkItem;
  readonly log: Log;
}

export async function withdrawWork(client: NatsConnection, pool: string, jobId: JobId): Promise<void> {
  const subject = workSubject(pool, jobId);
  const manager = await managerOf(client);
  const present = await lastItem(manager, subject);
  if (present !== null) await remove(manager, subject, present);
}

/** Ghosts are left out: nobody will ever pull them. */
export async function listWork(client: NatsConnection, pool: string): Promise<readonly JobId[]> {
  const manager = await managerOf(client);
  const { state } = await manager.streams.info(workStream, { subjects_filter: `work.${subjectToken(pool)}.*` });
  const subjects = Object.keys(state.subjects ?? {});
  if (subjects.length === 0) return [];
  const floor = await acknowledgedUpTo(manager, pool);
  const jobIds: JobId[] = [];
  for (const subject of subjects) {
    const jobId = JobId.safeParse(subject.split('.')[2]);
    const isDeliverable = state.first_seq > floor || ((await lastItem(manager, subject))?.seq ?? 0) > floor;
    if (jobId.success && isDeliverable) jobIds.push(jobId.data);
  }
  return jobIds;
}

/** False when there is an item for this job already. */
async function store(client: NatsConnection, subject: string, item: WorkItem): Promise<boolean> {
  try {
    await jetstream(client).publish(subject, encode(item), {
      timeout: apiTimeoutMs,
      expect: { streamName: workStream },
    });
    return true;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === storeFailedCode && error.message.includes(subjectTaken)) {
      return false;
    }
    throw error;
  }
}

function lastItem(manager: JetStreamManager, subject: string): Promise<StoredMsg | null> {
  return manager.streams
    .getMessage(workStream, { last_by_subj: subject })
    .catch(nullWhen(JetStreamApiCodes.NoMessageFound));
}

/**
 * Deletes by sequence, never by a purge of the subject: a purge moves the pool's consumer past everything that it has not
 * delivered yet, for good (seen with nats-server 2.9.10).
 */
async function remove(manager: JetStreamManager, subject: string, { seq }: StoredMsg): Promise<void> {
  try {
    await manager.streams.deleteMessage(workStream, seq, false);
  } catch (error) {
    // It may have been acknowledged meanwhile, and so be gone already.
    if ((await lastItem(manager, subject))?.seq === seq) throw error;
  }
}

/** Everything of the pool up to this sequence has been acknowledged. */
async function acknowledgedUpTo(manager: JetStreamManager, pool: string): Promise<number> {
  const { ack_floor } = await manager.consumers.info(workStream, poolConsumer(pool));
  return ack_floor.stream_seq;
}
