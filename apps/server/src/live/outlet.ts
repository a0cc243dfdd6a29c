import type { ServerFrame } from '@yardmaster/protocol';

/** What a live connection writes to: a WebSocket or an event stream. */
export interface Outlet {
  /** Bytes that were handed over and have not left yet. */
  readonly bufferedBytes: number;
  send(frame: ServerFrame): void;
  /** Ends the connection for a reason of ours. */
  close(reason: CloseReason): void;
}

export type CloseReason = 'signed-out' | 'going-away' | 'misuse';

/** Above this a reader counts as slow: it gets nothing more until all has left, and then a fresh snapshot. */
export const maxBufferedBytes = 1024 * 1024;
