import { z } from 'zod';
import { Timestamp, UserId, WorkerId } from './ids.ts';

/** Who caused an event: a person, a worker reporting, or a part of the system acting by itself. */
export const Actor = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('user'), userId: UserId }),
  z.object({ kind: z.literal('worker'), workerId: WorkerId }),
  z.object({ kind: z.literal('system'), name: z.string().max(64) }),
]);
export type Actor = z.infer<typeof Actor>;

/** An XState state value: the name of a state, or nested names (`{ building: 'installing' }`). */
export type StateValue = string | { readonly [state: string]: StateValue };
export const StateValue: z.ZodType<StateValue> = z.lazy(() => z.union([z.string(), z.record(z.string(), StateValue)]));

/**
 * What is stored beside every event's type and data. `position` and `recordedAt` are the store's own and are
 * added when the event is read. `hash` chains the stream: see `hash-chain.ts` in the application package.
 */
export const EventMetadata = z.object({
  eventId: z.uuid(),
  stream: z.string(),
  revision: z.int().nonnegative(),
  occurredAt: Timestamp,
  actor: Actor,
  correlationId: z.string().max(128),
  causationId: z.string().max(128).nullable(),
  /** The state values before and after this event, as the machine computed them when it was recorded. */
  from: StateValue,
  to: StateValue,
  machineVersion: z.int().positive(),
  schemaVersion: z.int().positive(),
  traceparent: z.string().max(64).nullable(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type EventMetadata = z.infer<typeof EventMetadata>;

/** A domain event as commands propose it: a past-tense name and its data. */
export interface DomainEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}
