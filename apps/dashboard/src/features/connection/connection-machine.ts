import type { JobSummary, ServerFrame, UserQueue } from '@yardmaster/protocol';
import { assign, fromCallback, fromPromise, raise, setup } from 'xstate';
import { notSignedIn, RequestFailed } from '../../shared/api/api.ts';
import type { Mark, SocketEnd, SocketListener } from './live-socket.ts';

/** A socket that is neither open nor refused after this long counts as lost. */
export const openTimeoutMs = 8_000;
/** A socket that was open this long is good, also when nothing happened that there would be a frame about. */
export const provenAfterMs = 1_000;
export const pollIntervalMs = 2_000;
/** From so many failures in a row on the page asks for the queue itself, until a socket is good again. */
export const failuresUntilPolling = 2;
const firstRetryMs = 500;
const maxRetryMs = 15_000;

export interface ConnectionParts {
  readonly openSocket: (mark: Mark | null, listener: SocketListener) => () => void;
  readonly fetchQueue: (signal: AbortSignal) => Promise<UserQueue>;
  readonly store: { replace(jobs: readonly JobSummary[]): void; put(job: JobSummary): void };
  /** From 0 to 1, so that many pages do not come back in one moment. */
  readonly random: () => number;
  /** Calls back when the network comes back; returns how to stop listening. */
  readonly onOnline: (callback: () => void) => () => void;
}

interface ConnectionContext {
  /** Sockets in a row that were lost or never came about. */
  readonly failures: number;
  readonly mark: Mark | null;
  /** Whether the last poll was answered. */
  readonly reachable: boolean;
}

type Message =
  | { readonly type: 'opened' }
  /** A frame came, so everything between here and the server works. */
  | { readonly type: 'proven'; readonly mark: Mark | null }
  | { readonly type: 'ended'; readonly end: SocketEnd }
  /** The network, or the server, is there again. */
  | { readonly type: 'online' }
  /** Something was changed by this page: do not wait for the next poll. */
  | { readonly type: 'refresh' };

/** Doubles from half a second to fifteen, less a random third. */
export function retryDelayMs(failures: number, random: number): number {
  const fullMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 10));
  return Math.round(fullMs * (1 - random / 3));
}

/**
 * Keeps the queue store up to date: by WebSocket, which resumes where it left off after a loss; while no socket can be
 * had, also by asking every two seconds. Ends in `signedOut` when the server no longer knows who this is.
 */
export function createConnectionMachine({ openSocket, fetchQueue, store, random, onOnline }: ConnectionParts) {
  return setup({
    types: {
      context: {} as ConnectionContext,
      events: {} as Message,
    },
    actors: {
      socket: fromCallback<Message, Mark | null>(({ input: mark, sendBack }) =>
        openSocket(mark, {
          opened: () => sendBack({ type: 'opened' }),
          frame: (frame) => {
            applyFrame(frame, store);
            sendBack({ type: 'proven', mark: markOf(frame) });
          },
          ended: (end) => sendBack({ type: 'ended', end }),
        }),
      ),
      network: fromCallback<Message>(({ sendBack }) => onOnline(() => sendBack({ type: 'online' }))),
      poll: fromPromise(async ({ signal }) => {
        const { activeJobs, completedJobs } = await fetchQueue(signal);
        store.replace([...activeJobs, ...completedJobs]);
      }),
    },
    actions: {
      countFailure: assign({ failures: ({ context }) => context.failures + 1 }),
      forgetFailures: assign({ failures: 0 }),
    },
    guards: {
      shouldPoll: ({ context }) => context.failures >= failuresUntilPolling,
      isGood: ({ context }) => context.failures === 0,
    },
    delays: {
      retryDelay: ({ context }) => retryDelayMs(context.failures, random()),
    },
  }).createMachine({
    id: 'connection',
    context: { failures: 0, mark: null, reachable: true },
    initial: 'following',
    states: {
      following: {
        type: 'parallel',
        states: {
          socket: {
            initial: 'connected',
            states: {
              connected: {
                invoke: { src: 'socket', input: ({ context }) => context.mark },
                on: {
                  ended: [
                    { guard: ({ event }) => event.end.kind === 'signed-out', target: '#connection.signedOut' },
                    {
                      target: 'waiting',
                      actions: [
                        'countFailure',
                        assign({
                          mark: ({ context, event }) =>
                            event.end.kind === 'lost' && event.end.resumable ? context.mark : null,
                        }),
                      ],
                    },
                  ],
                },
                initial: 'opening',
                states: {
                  opening: {
                    on: { opened: 'open' },
                    after: { [openTimeoutMs]: { target: '#waiting', actions: 'countFailure' } },
                  },
                  open: {
                    on: {
                      proven: {
                        actions: [
                          'forgetFailures',
                          assign({ mark: ({ context, event }) => event.mark ?? context.mark }),
                        ],
                      },
                    },
                    after: { [provenAfterMs]: { actions: 'forgetFailures' } },
                  },
                },
              },
              waiting: {
                id: 'waiting',
                invoke: { src: 'network' },
                on: { online: 'connected' },
                after: { retryDelay: 'connected' },
              },
            },
          },
          polling: {
            initial: 'off',
            states: {
              off: { always: { guard: 'shouldPoll', target: 'on' } },
              on: {
                always: { guard: 'isGood', target: 'off' },
                initial: 'asking',
                states: {
                  asking: {
                    invoke: {
                      src: 'poll',
                      onDone: [
                        // The server is back: a socket can be had again before its time.
                        {
                          guard: ({ context }) => !context.reachable,
                          target: 'resting',
                          actions: [assign({ reachable: true }), raise({ type: 'online' })],
                        },
                        { target: 'resting' },
                      ],
                      onError: [
                        { guard: ({ event }) => isSignedOut(event.error), target: '#connection.signedOut' },
                        { target: 'resting', actions: assign({ reachable: false }) },
                      ],
                    },
                  },
                  resting: { after: { [pollIntervalMs]: 'asking' }, on: { refresh: 'asking' } },
                },
              },
            },
          },
        },
      },
      signedOut: { type: 'final' },
    },
  });
}

function applyFrame(frame: ServerFrame, store: ConnectionParts['store']): void {
  if (frame.type === 'snapshot') store.replace(frame.jobs ?? []);
  else if (frame.job !== undefined) store.put(frame.job);
}

function markOf({ position, storeId }: ServerFrame): Mark | null {
  return typeof position === 'string' ? { position, storeId } : null;
}

function isSignedOut(error: unknown): boolean {
  return error instanceof RequestFailed && error.trouble.code === notSignedIn;
}
