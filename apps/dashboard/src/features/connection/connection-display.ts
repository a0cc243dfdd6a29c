import { type ConnectionMode, isThere } from './connection-status.ts';

/** How the connection is put into words. */
export interface ConnectionDisplay {
  readonly word: string;
  /** What is so, and what the page does about it. */
  readonly sentence: string;
  /** What carries the changes. */
  readonly way: string;
  /** Whether trying at once may make it better. */
  readonly canTry: boolean;
}

export interface ConnectionState {
  readonly mode: ConnectionMode;
  readonly pollIntervalMs: number;
  /** What keeps Yardmaster from working as it should, by title; empty when all is well. */
  readonly troubles: readonly string[];
}

/** A page that is connected to a system that works in part only is not told to be live. */
export function displayOfConnection({ mode, pollIntervalMs, troubles }: ConnectionState): ConnectionDisplay {
  const display = displayOfMode(mode, pollIntervalMs);
  if (!isDegraded({ mode, troubles })) return display;
  return {
    ...display,
    word: 'Degraded',
    sentence: `Yardmaster works in part only: ${troubles.join(', ')}. This page is connected. ${display.sentence}`,
  };
}

export const isDegraded = ({ mode, troubles }: Pick<ConnectionState, 'mode' | 'troubles'>): boolean =>
  isThere(mode) && troubles.length > 0;

function displayOfMode(mode: ConnectionMode, pollIntervalMs: number): ConnectionDisplay {
  const interval = `${pollIntervalMs / 1_000} s`;
  switch (mode) {
    case 'live':
      return { word: 'Live', sentence: 'Changes show as they happen.', way: 'WebSocket', canTry: false };
    case 'events':
      return {
        word: 'Live (events)',
        sentence: `A WebSocket cannot be opened, so builds and notifications come as server-sent events, and an open build’s log and history and the state of Yardmaster are asked for every ${interval}.`,
        way: 'Server-sent events',
        canTry: true,
      };
    case 'polling':
      return {
        word: `Every ${interval}`,
        sentence: `No live connection can be opened, so this page asks for changes every ${interval}. A proxy on the way may allow nothing else.`,
        way: 'Requests',
        canTry: true,
      };
    case 'connecting':
      return {
        word: 'Connecting',
        sentence: 'The live connection is being opened. What was missed shows as soon as it is.',
        way: 'Nothing yet',
        canTry: false,
      };
    case 'offline':
      return {
        word: 'Offline',
        sentence:
          'The server does not answer. What you see is from before; this page keeps trying and then shows what it missed.',
        way: 'Nothing',
        canTry: true,
      };
    case 'stopped':
      return {
        word: 'Stopped',
        sentence:
          'The server has not answered for a long time, so this page no longer tries. Check that Yardmaster runs, then try again.',
        way: 'Nothing',
        canTry: true,
      };
    default:
      return mode satisfies never;
  }
}
