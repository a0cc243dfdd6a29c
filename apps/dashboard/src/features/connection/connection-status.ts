import { failuresUntilPolling } from './bounds.ts';
import type { ConnectionSnapshot } from './connection-machine.ts';

/** How the page follows what happens. */
export type ConnectionMode = 'live' | 'events' | 'polling' | 'connecting' | 'offline' | 'stopped';

export interface ConnectionStatus {
  readonly mode: ConnectionMode;
  /** When it became so, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Whether the server answers, whichever way. */
export const isThere = (mode: ConnectionMode): boolean => mode === 'live' || mode === 'events' || mode === 'polling';

export function modeOf(snapshot: ConnectionSnapshot): ConnectionMode {
  if (snapshot.matches({ on: 'stopped' })) return 'stopped';
  if (snapshot.matches({ on: { following: { socket: { connected: 'open' } } } })) return 'live';
  if (snapshot.context.hasStream) return 'events';
  if (snapshot.context.unansweredPolls > 0) return 'offline';
  const hasNoStream = snapshot.context.streamFailures >= failuresUntilPolling;
  return hasNoStream && snapshot.context.outageSinceMs === null ? 'polling' : 'connecting';
}
