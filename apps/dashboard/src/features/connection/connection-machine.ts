import { assign, raise, type SnapshotFrom } from 'xstate';
import * as bounds from './bounds.ts';
import { isSignedOut } from './connection-actors.ts';
import { type ConnectionParts, type ConnectionSetup, setUpConnection, untried } from './connection-setup.ts';

export type ConnectionSnapshot = SnapshotFrom<ReturnType<typeof createConnectionMachine>>;

/**
 * The one live connection of a page. A WebSocket carries every topic; when sockets fail to open, server-sent events
 * carry queue and notifications while the rest is asked for; when these fail as well, everything is asked for. The
 * better ways are tried again all the while. How far each topic was told is kept outside, in {@link ActorParts.topics},
 * so that whichever way comes next goes on there.
 *
 * It stops after a long time without any answer, until somebody looks at the page again; and when the server does not
 * know any more who this is.
 */
export function createConnectionMachine(parts: ConnectionParts) {
  const machine = setUpConnection(parts);
  return machine.createMachine({
    id: 'connection',
    context: { ...untried, outageSinceMs: null },
    initial: 'off',
    states: {
      off: { on: { start: 'on' } },
      on: {
        invoke: { src: 'page' },
        on: { stop: 'off', signedOut: 'signedOut' },
        initial: 'following',
        states: {
          following: {
            entry: 'beginAnew',
            type: 'parallel',
            states: {
              socket: socketRegion(machine),
              fallback: fallbackRegion(machine),
              outage: { on: { check: { actions: 'shortenOutage' } } },
            },
          },
          stopped: { id: 'stopped', on: { check: 'following' } },
        },
      },
      signedOut: { id: 'signedOut', entry: 'tellSignedOut', on: { stop: 'off' } },
    },
  });
}

/** Keeps trying to have a WebSocket, and watches the one there is. */
const socketRegion = (machine: ConnectionSetup) =>
  machine.createStateConfig({
    initial: 'connected',
    states: {
      connected: {
        id: 'connected',
        entry: assign({ isProven: false }),
        invoke: { src: 'socket', id: 'socket' },
        initial: 'opening',
        states: {
          opening: {
            initial: 'fresh',
            states: {
              fresh: { after: { [bounds.freshMs]: 'slow' } },
              slow: { on: { check: { target: '#connected', reenter: true } } },
            },
            on: { 'socket.opened': 'open' },
            after: { [bounds.openTimeoutMs]: { target: '#waiting', actions: 'countFailure' } },
          },
          open: {
            entry: 'noteService',
            exit: 'noteOutage',
            initial: 'listening',
            states: {
              listening: { on: { check: 'checking' }, after: { [bounds.quietMs]: 'pinging' } },
              pinging: {
                entry: 'sendPing',
                on: { check: 'checking' },
                after: { [bounds.pongTimeoutMs]: { target: '#connected', reenter: true } },
              },
              checking: {
                entry: 'sendPing',
                after: { [bounds.checkTimeoutMs]: { target: '#connected', reenter: true } },
              },
            },
            on: { 'socket.heard': { target: '.listening', actions: 'proveSocket' } },
            after: { [bounds.provenAfterMs]: { actions: ['proveSocket', 'forgetNonsense'] } },
          },
        },
        on: {
          'socket.lost': [
            { guard: 'wasNonsense', target: 'waiting', actions: 'countNonsense' },
            { target: 'waiting', actions: 'countFailure' },
          ],
        },
      },
      waiting: {
        id: 'waiting',
        entry: raise({ type: 'socket.waiting' }),
        on: { check: 'connected', serverBack: 'connected' },
        after: { socketRetry: 'connected' },
      },
    },
  });

/** Follows by other ways while no socket can be had: what the event stream does not carry is asked for. */
const fallbackRegion = (machine: ConnectionSetup) =>
  machine.createStateConfig({
    initial: 'off',
    states: {
      off: { on: { 'socket.waiting': { guard: 'needsFallback', target: 'on' } } },
      on: {
        entry: 'beginFallback',
        on: { 'socket.opened': 'off' },
        type: 'parallel',
        states: { stream: streamRegion(machine), polling: pollingRegion(machine) },
      },
    },
  });

const streamRegion = (machine: ConnectionSetup) =>
  machine.createStateConfig({
    initial: 'connected',
    states: {
      connected: {
        id: 'streaming',
        invoke: { src: 'stream' },
        initial: 'opening',
        states: {
          opening: {
            on: { 'stream.opened': 'open' },
            after: { [bounds.streamOpenTimeoutMs]: '#streamLost' },
          },
          open: {
            entry: 'noteStream',
            exit: 'noteNoStream',
            initial: 'listening',
            states: { listening: { after: { [bounds.streamSilenceMs]: '#streamLost' } } },
            on: {
              'stream.heard': '.listening',
              // It cannot be pinged; opening it anew costs little, since it goes on where it was.
              check: { target: '#streaming', reenter: true },
            },
            after: { [bounds.provenAfterMs]: { actions: 'forgetStreamFailures' } },
          },
        },
        on: { 'stream.lost': 'lost', 'stream.outdated': { target: '#streaming', reenter: true } },
      },
      lost: {
        id: 'streamLost',
        entry: 'countStreamFailure',
        always: [{ guard: 'mayStream', target: 'waiting' }, { target: 'givenUp' }],
      },
      waiting: { on: { check: 'connected' }, after: { streamRetry: 'connected' } },
      givenUp: {
        on: {
          check: { target: 'connected', actions: 'forgetStreamFailures' },
          serverBack: { target: 'connected', actions: 'forgetStreamFailures' },
        },
        after: { [bounds.streamRetryMs]: 'connected' },
      },
    },
  });

const pollingRegion = (machine: ConnectionSetup) =>
  machine.createStateConfig({
    initial: 'asking',
    states: {
      asking: {
        id: 'asking',
        entry: 'askOnce',
        invoke: {
          src: 'poll',
          input: ({ context: { hasStream } }) => ({ hasStream }),
          onDone: [
            { guard: 'wasAway', target: 'resting', actions: ['noteAnswer', raise({ type: 'serverBack' })] },
            { target: 'resting', actions: 'noteAnswer' },
          ],
          onError: [{ guard: ({ event }) => isSignedOut(event.error), target: '#signedOut' }, { target: 'unanswered' }],
        },
        on: {
          followed: { actions: 'askAgain' },
          refresh: { actions: 'askAgain' },
          check: { target: '#asking', reenter: true },
          'stream.opened': { target: '#asking', reenter: true },
          'stream.lost': { guard: 'hasStream', target: '#asking', reenter: true },
        },
        after: { [bounds.pollTimeoutMs]: 'unanswered' },
      },
      unanswered: {
        entry: 'countUnanswered',
        always: [{ guard: 'isHopeless', target: '#stopped' }, { target: 'resting' }],
      },
      resting: {
        always: { guard: 'mustAskAgain', target: 'asking' },
        on: {
          followed: 'asking',
          refresh: 'asking',
          check: 'asking',
          'stream.opened': 'asking',
          'stream.lost': { guard: 'hasStream', target: 'asking' },
        },
        after: { pollRetry: 'asking' },
      },
    },
  });
