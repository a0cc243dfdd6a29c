import { Bot, CircleCheck, CircleX, Dot, type LucideIcon, Server, TriangleAlert, User } from 'lucide-react';
import type { EventTone } from './describe-event.ts';
import type { EventActor } from './event-actor.ts';

const tones: Readonly<Record<EventTone, { readonly Icon: LucideIcon; readonly colour: string } | null>> = {
  plain: null,
  ok: { Icon: CircleCheck, colour: 'text-ok' },
  warn: { Icon: TriangleAlert, colour: 'text-warn' },
  bad: { Icon: CircleX, colour: 'text-bad' },
};

export function ToneIcon({ tone }: { readonly tone: EventTone }) {
  const look = tones[tone];
  if (look === null) return <span className="mx-1.25 size-1.5 shrink-0 rounded-full bg-edge" aria-hidden="true" />;
  const { Icon, colour } = look;
  return <Icon className={`size-4 shrink-0 ${colour}`} aria-hidden="true" />;
}

const actorLooks: Readonly<Record<EventActor['kind'], { readonly Icon: LucideIcon; readonly word: string }>> = {
  user: { Icon: User, word: 'by person' },
  worker: { Icon: Server, word: 'by worker' },
  system: { Icon: Bot, word: 'by the system:' },
  unknown: { Icon: Dot, word: 'by' },
};

/** A person, a worker, or a part of the system; where there is little room the icon only. */
export function ActorName({ actor, className = 'flex' }: { readonly actor: EventActor; readonly className?: string }) {
  const { Icon, word } = actorLooks[actor.kind];
  return (
    <span className={`min-w-0 items-center gap-1.5 text-xs text-muted ${className}`} title={`${word} ${actor.name}`}>
      <Icon className="size-3.5 shrink-0" aria-hidden="true" />
      <span className="sr-only truncate @2xl:not-sr-only">
        <span className="sr-only">{word} </span>
        {actor.name}
      </span>
    </span>
  );
}

/** Where an event lies, seen from the moment that is looked at. */
export type Place = 'before' | 'at' | 'after';

/** How a row looks for being before, at or after the moment: after it is quieter, but as readable. */
export function rowLook(place: Place): string {
  const base = 'w-full text-left transition-colors -outline-offset-2!';
  if (place === 'at') return `${base} bg-accent-soft shadow-[inset_3px_0_0_var(--accent)]`;
  return `${base} hover:bg-panel-2 ${place === 'after' ? 'text-muted' : ''}`;
}

export function placeOf(revision: number, at: number): Place {
  if (revision === at) return 'at';
  return revision < at ? 'before' : 'after';
}
