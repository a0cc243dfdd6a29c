import type { ServerFrame } from '@yardmaster/protocol';
import { createContext, use } from 'react';

/** What can be followed; the frames are those of `WS /live`, whichever way they come. */
export type LiveTopic = 'queue' | 'notifications' | 'health' | `job:${string}` | `logs:${string}`;

export interface FollowOptions {
  /** For logs: the line after which to begin. Without it a reader begins with a snapshot. */
  readonly since?: number;
}

/** Reads one topic. After a snapshot every later change comes once and in order; a snapshot may come again at any time. */
export interface TopicReader {
  readonly snapshot: (frame: ServerFrame) => void;
  readonly update: (frame: ServerFrame) => void;
  /** The server has no such topic (`code`, `message`): nothing more will come of it. */
  readonly refused?: (frame: ServerFrame) => void;
}

/** The one live connection of the page, shared by whoever shows something live. */
export interface Live {
  /** Follows a topic until the returned function is called. Several readers of one topic share what comes of it. */
  follow(topic: LiveTopic, reader: TopicReader, options?: FollowOptions): () => void;
  /** Something was changed by this page: where changes do not come by themselves, ask now. */
  refresh(): void;
  /**
   * For who was cut off from the server: calls back once, as soon as it can be reached again; after a look at the
   * connection when that seems to be there. Returns how to stop waiting.
   */
  onBack(callback: () => void): () => void;
}

export const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = use(LiveContext);
  if (live === null) throw new Error('There is no live connection around this component.');
  return live;
}
