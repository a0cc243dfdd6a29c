import {
  type BuildJobCommand,
  type BuildJobEvent,
  type BuildJobSnapshot,
  buildJobDecider,
  type LogCommand,
  type LogEvent,
  type LogSnapshot,
  logDecider,
  type PreviewCommand,
  type PreviewEvent,
  type PreviewSnapshot,
  previewDecider,
  type SlugCommand,
  type SlugEvent,
  type SlugState,
  slugDecider,
  type UserCommand,
  type UserEvent,
  type UserState,
  userDecider,
  type WebsiteCommand,
  type WebsiteEvent,
  type WebsiteState,
  websiteDecider,
} from '@yardmaster/domain';
import type { Clock } from './ports/clock.ts';
import type { EventStore } from './ports/event-store.ts';
import { createStreamActors, type StreamActors } from './stream-actor.ts';

/** The actors of every category of streams: the only way in which anything is appended. */
export interface Actors {
  readonly buildJob: StreamActors<BuildJobSnapshot, BuildJobCommand, BuildJobEvent>;
  readonly website: StreamActors<WebsiteState, WebsiteCommand, WebsiteEvent>;
  readonly slug: StreamActors<SlugState, SlugCommand, SlugEvent>;
  readonly user: StreamActors<UserState, UserCommand, UserEvent>;
  readonly preview: StreamActors<PreviewSnapshot, PreviewCommand, PreviewEvent>;
  readonly log: StreamActors<LogSnapshot, LogCommand, LogEvent>;
}

export interface World {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly random: () => number;
}

export function createActors(world: World): Actors {
  return {
    buildJob: createStreamActors({ ...world, decider: buildJobDecider }),
    website: createStreamActors({ ...world, decider: websiteDecider }),
    slug: createStreamActors({ ...world, decider: slugDecider }),
    user: createStreamActors({ ...world, decider: userDecider }),
    preview: createStreamActors({ ...world, decider: previewDecider }),
    log: createStreamActors({ ...world, decider: logDecider }),
  };
}
