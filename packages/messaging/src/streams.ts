import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { leaderBucket, leaderLeaseSubject, logStream, poolConsumer, reportStream, workStream } from './subjects.ts';

/** How long a request to JetStream waits for its answer. */
export const apiTimeoutMs = 5_000;

/** The largest message that anybody sends: below the megabyte that a nats-server takes by default. */
export const maxMessageBytes = 900_000;

const mebibyte = 1_048_576;
const dayMs = 86_400_000;
const maxWorkItems = 100_000;
const maxWorkItemBytes = 4_096;
const maxWorkBytes = 16 * mebibyte;
const maxReportsBytes = 64 * mebibyte;
const maxReportsAgeMs = dayMs;
const maxLogsBytes = 256 * mebibyte;
const maxLogsAgeMs = dayMs;
/** More than all notes of a leader take. */
const maxLeaseBytes = 128_000;

/** A pulled item that is not acknowledged for so long goes to another slot. */
export const workAckWaitMs = 30_000;
/** The most slots that one pool may have: each holds one pull request, and at times one item. */
export const maxSlotsPerPool = 4_096;

export type StreamDefinition = Partial<StreamConfig> & Pick<StreamConfig, 'name' | 'subjects'>;

/**
 * Nobody purges: a worker that was taken over could otherwise empty a stream without any permission to, by asking something
 * harmless with the purge as the subject of the answer. Streams that nobody deletes from forbid that too, for its sake.
 */
const common = { storage: StorageType.File, num_replicas: 1, deny_purge: true } as const;

/**
 * One item per job at most: the second publish for a job is refused, which makes publishing idempotent. An item goes when
 * it is acknowledged.
 */
export const workStreamDefinition: StreamDefinition = {
  ...common,
  name: workStream,
  subjects: ['work.*.*'],
  retention: RetentionPolicy.Workqueue,
  discard: DiscardPolicy.New,
  discard_new_per_subject: true,
  max_msgs_per_subject: 1,
  max_msgs: maxWorkItems,
  max_msg_size: maxWorkItemBytes,
  max_bytes: maxWorkBytes,
};

/** The oldest go first when it is full: a worker keeps each report until it is settled, and sends it again when asked. */
export const reportStreamDefinition: StreamDefinition = {
  ...common,
  name: reportStream,
  subjects: ['reports.*.*'],
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(maxReportsAgeMs),
  max_msg_size: maxMessageBytes,
  max_bytes: maxReportsBytes,
  deny_delete: true,
};

/** Carries lines until the server has them in its log store; the oldest go first when it is full. */
export const logStreamDefinition: StreamDefinition = {
  ...common,
  name: logStream,
  subjects: ['logs.*.*.*'],
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_age: nanos(maxLogsAgeMs),
  max_msg_size: maxMessageBytes,
  max_bytes: maxLogsBytes,
  deny_delete: true,
};

/** A bucket of one key without history: only what stands there now means anything. */
export const leaderLeaseDefinition: StreamDefinition = {
  ...common,
  name: leaderBucket,
  subjects: [leaderLeaseSubject],
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.Old,
  max_msgs_per_subject: 1,
  max_msg_size: maxLeaseBytes,
  max_bytes: mebibyte,
  deny_delete: true,
};

/** The server took a setting silently and did not apply it, as older ones do with what they do not know. */
export class SettingIgnored extends Error {
  readonly code = 'nats-setting-ignored';
  override readonly name = 'SettingIgnored';
}

export function managerOf(client: NatsConnection, timeoutMs = apiTimeoutMs): Promise<JetStreamManager> {
  return jetstreamManager(client, { checkAPI: false, timeout: timeoutMs });
}

/** Makes the stream, or brings an older definition of it up to date, and checks what the server says it now is. */
export async function ensureStream(manager: JetStreamManager, definition: StreamDefinition): Promise<StreamInfo> {
  const present = await manager.streams.info(definition.name).catch(nullWhen(JetStreamApiCodes.StreamNotFound));
  if (present !== null && ignored(definition, present.config).length === 0) return present;
  const info =
    present === null
      ? await manager.streams.add(definition)
      : await manager.streams.update(definition.name, definition);
  refuseIgnored(definition.name, definition, info.config);
  return info;
}

/**
 * Makes the durable consumer that all workers of a pool share, so that every item goes to one slot. Items are never given
 * up: `max_deliver` would leave an exhausted one in the stream for ever with nobody told.
 */
export async function ensurePoolConsumer(manager: JetStreamManager, pool: string, ackWaitMs: number): Promise<void> {
  const name = poolConsumer(pool);
  const wanted: Partial<ConsumerConfig> = {
    durable_name: name,
    filter_subject: `work.${pool}.*`,
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: maxSlotsPerPool,
    max_waiting: maxSlotsPerPool,
  };
  const present = await manager.consumers.info(workStream, name).catch(nullWhen(JetStreamApiCodes.ConsumerNotFound));
  if (present !== null && ignored(wanted, present.config).length === 0) return;
  const info =
    present === null
      ? await manager.consumers.add(workStream, wanted)
      : await manager.consumers.update(workStream, name, wanted);
  refuseIgnored(name, wanted, info.config);
}

/** For a `catch`: turns the one expected refusal into null and throws everything else on. */
export function nullWhen(code: JetStreamApiCodes) {
  return (error: unknown): null => {
    if (error instanceof JetStreamApiError && error.code === code) return null;
    throw error;
  };
}

function ignored(wanted: object, echoed: object): readonly string[] {
  const echo = new Map(Object.entries(echoed));
  return Object.entries(wanted)
    .filter(([key, value]) => JSON.stringify(echo.get(key)) !== JSON.stringify(value))
    .map(([key]) => key);
}

function refuseIgnored(name: string, wanted: object, echoed: object): void {
  const settings = ignored(wanted, echoed);
  if (settings.length > 0) throw new SettingIgnored(`nats-server ignored settings of ${name}: ${settings.join(', ')}`);
}
