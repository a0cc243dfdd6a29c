import type { ClientMessage, ServerFrame } from '@yardmaster/protocol';
import type { LiveTopic } from '../../shared/live/live.ts';

/** How far a topic has been told: what resuming needs. For a log the position is the number of a line. */
export interface Mark {
  readonly position: string | number;
  readonly storeId: string;
}

/** A topic that somebody reads, and where to go on with it. */
export interface WantedTopic {
  readonly topic: LiveTopic;
  /** Null where some reader needs a snapshot first. */
  readonly mark: Mark | null;
  /** Of the build as it was told last; null for other topics. */
  readonly revision: number | null;
}

export interface SocketListener {
  readonly opened: () => void;
  readonly frame: (frame: ServerFrame) => void;
  /** Called at most once; nothing comes after it. */
  readonly ended: (reason: SocketEnd) => void;
}

/** `nonsense`: something came that is no frame, so what was told before is no good starting point either. */
export type SocketEnd = 'lost' | 'nonsense' | 'signed-out';

/** An opening or open WebSocket. */
export interface LiveSocket {
  readonly send: (message: ClientMessage) => void;
  /** Idempotent; nothing is told after it. */
  readonly close: () => void;
}

export interface StreamListener {
  readonly opened: () => void;
  /** Frames of the topics `queue` and `notifications` that came as one message, which both have reached `mark` with. */
  readonly frames: (frames: readonly ServerFrame[], mark: Mark | null) => void;
  /** Anything came, be it only a sign of life. */
  readonly heard: () => void;
  /** Called at most once; nothing comes after it. */
  readonly ended: (reason: 'lost' | 'signed-out') => void;
}

/** One answer about one topic. */
export interface Answer {
  readonly frame: ServerFrame;
  /** Whether there is more to ask for at once. */
  readonly hasMore: boolean;
}

/** The ways to the server; each is tried for real in a browser and by hand in tests. */
export interface Transports {
  readonly openSocket: (listener: SocketListener) => LiveSocket;
  /** Opens the event stream, from `mark` on or with a snapshot, and returns how to close it. */
  readonly openStream: (mark: Mark | null, listener: StreamListener) => () => void;
  /** Throws `RequestFailed`. */
  readonly askTopic: (wanted: WantedTopic, signal: AbortSignal) => Promise<Answer>;
}
