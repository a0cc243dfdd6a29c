import { assign, sendTo, setup } from 'xstate';
import * as bounds from './bounds.ts';
import { type ActorParts, type Message, pageActor, pollActor, socketActor, streamActor } from './connection-actors.ts';

export interface ConnectionParts extends ActorParts {
  /** Calls back when the page may have missed something; returns how to stop listening. */
  readonly onReturn: (callback: () => void) => () => void;
  readonly pollIntervalMs: () => number;
  readonly onSignedOut: () => void;
}

interface ConnectionContext {
  /** Sockets in a row that were lost before they were open or anything came by them. */
  readonly failures: number;
  /** Whether anything came by the socket there is, or it was open for a while. */
  readonly isProven: boolean;
  /** Sockets in a row on which soon something came that is no frame. */
  readonly nonsense: number;
  readonly streamFailures: number;
  /** Whether queue and notifications come by the event stream. */
  readonly hasStream: boolean;
  readonly unansweredPolls: number;
  /** Something came up while topics were being asked for. */
  readonly mustAskAgain: boolean;
  /** Since when nothing at all works; null while something does. */
  readonly outageSinceMs: number | null;
}

export const untried = {
  failures: 0,
  isProven: false,
  nonsense: 0,
  streamFailures: 0,
  hasStream: false,
  unansweredPolls: 0,
  mustAskAgain: false,
} as const;

/** What the machine can do, decide and wait for. */
export function setUpConnection(parts: ConnectionParts) {
  const { nowMs, random } = parts;
  const retryDelay = (failures: number, { outageSinceMs }: ConnectionContext) =>
    bounds.retryDelayMs({ failures, outageMs: outageSinceMs === null ? 0 : nowMs() - outageSinceMs, random: random() });
  return setup({
    types: { context: {} as ConnectionContext, events: {} as Message },
    actors: {
      socket: socketActor(parts),
      stream: streamActor(parts),
      poll: pollActor(parts),
      page: pageActor(parts),
    },
    actions: {
      beginAnew: assign(() => ({ ...untried, outageSinceMs: nowMs() })),
      tellSignedOut: () => parts.onSignedOut(),
      sendPing: sendTo('socket', { type: 'ping' }),
      noteService: assign({ outageSinceMs: null }),
      noteOutage: assign({ outageSinceMs: ({ context }) => context.outageSinceMs ?? nowMs() }),
      // Whoever looks shall not wait for what an outage of an hour has earned.
      shortenOutage: assign({
        outageSinceMs: ({ context }) => (context.outageSinceMs === null ? null : nowMs()),
        unansweredPolls: ({ context }) => Math.min(1, context.unansweredPolls),
      }),
      countFailure: assign({ failures: ({ context }) => context.failures + (context.isProven ? 0 : 1) }),
      countNonsense: assign({ nonsense: ({ context }) => context.nonsense + 1 }),
      proveSocket: assign({ isProven: true, failures: 0 }),
      forgetNonsense: assign({ nonsense: 0 }),
      beginFallback: assign({ streamFailures: 0, unansweredPolls: 0 }),
      countStreamFailure: assign({ streamFailures: ({ context }) => context.streamFailures + 1 }),
      forgetStreamFailures: assign({ streamFailures: 0 }),
      noteStream: assign({ hasStream: true, outageSinceMs: null }),
      noteNoStream: assign({ hasStream: false }),
      noteAnswer: assign({ unansweredPolls: 0, outageSinceMs: null }),
      countUnanswered: assign({
        unansweredPolls: ({ context }) => context.unansweredPolls + 1,
        outageSinceMs: ({ context }) => (context.hasStream ? null : (context.outageSinceMs ?? nowMs())),
      }),
      askAgain: assign({ mustAskAgain: true }),
      askOnce: assign({ mustAskAgain: false }),
    },
    guards: {
      needsFallback: ({ context }) => Math.max(context.failures, context.nonsense) >= bounds.failuresUntilFallback,
      wasNonsense: ({ event }) => event.type === 'socket.lost' && event.wasNonsense,
      mayStream: ({ context }) => context.streamFailures < bounds.failuresUntilPolling,
      hasStream: ({ context }) => context.hasStream,
      wasAway: ({ context }) => context.unansweredPolls > 0,
      isHopeless: ({ context }) => !context.hasStream && context.unansweredPolls >= bounds.maxUnansweredPolls,
      mustAskAgain: ({ context }) => context.mustAskAgain,
    },
    delays: {
      socketRetry: ({ context }) =>
        context.outageSinceMs === null ? bounds.socketRetryMs : retryDelay(context.failures, context),
      streamRetry: ({ context }) => retryDelay(context.streamFailures, context),
      pollRetry: ({ context }) =>
        context.unansweredPolls === 0 ? parts.pollIntervalMs() : retryDelay(context.unansweredPolls, context),
    },
  });
}

export type ConnectionSetup = ReturnType<typeof setUpConnection>;
