import type { SnapshotFrom } from 'xstate';
import type { createConnectionMachine } from './connection-machine.ts';

export interface ConnectionDisplay {
  readonly tone: 'ok' | 'working' | 'warn' | 'bad';
  readonly text: string;
  readonly explanation: string;
}

type Snapshot = SnapshotFrom<ReturnType<typeof createConnectionMachine>>;

/** How well this page follows what happens, in a word and a sentence. */
export function displayOfConnection(snapshot: Snapshot): ConnectionDisplay {
  if (snapshot.matches({ following: { polling: 'on' } })) {
    return snapshot.context.reachable
      ? {
          tone: 'warn',
          text: 'Every 2 s',
          explanation: 'The live connection is not to be had; asking every 2 seconds.',
        }
      : { tone: 'bad', text: 'Offline', explanation: 'The server does not answer. This page keeps trying.' };
  }
  if (snapshot.matches({ following: { socket: { connected: 'open' } } })) {
    return { tone: 'ok', text: 'Live', explanation: 'Changes show as they happen.' };
  }
  return { tone: 'working', text: 'Connecting', explanation: 'Opening the live connection.' };
}
