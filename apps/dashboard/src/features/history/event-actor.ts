import { Actor } from '@yardmaster/domain';
import type { EventView } from '@yardmaster/protocol';

/** Who caused an event, as a row shows it. */
export interface EventActor {
  readonly kind: Actor['kind'] | 'unknown';
  readonly name: string;
}

export function actorOf({ metadata }: EventView, viewerId: string | null): EventActor {
  const parsed = Actor.safeParse(metadata.actor);
  if (!parsed.success) return { kind: 'unknown', name: 'unknown' };
  const actor = parsed.data;
  switch (actor.kind) {
    case 'user':
      return { kind: 'user', name: actor.userId === viewerId ? 'you' : actor.userId };
    case 'worker':
      return { kind: 'worker', name: actor.workerId };
    case 'system':
      return { kind: 'system', name: actor.name };
    default:
      return actor satisfies never;
  }
}
