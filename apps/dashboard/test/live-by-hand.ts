import type { ClientMessage, ServerFrame } from '@yardmaster/protocol';
import { SimulatedClock } from 'xstate';
import { createLive } from '../src/features/connection/create-live.ts';
import type {
  Answer,
  Mark,
  SocketListener,
  StreamListener,
  WantedTopic,
} from '../src/features/connection/transports.ts';
import { notSignedIn, RequestFailed, unreachable } from '../src/shared/api/api.ts';
import type { FollowOptions, Live, LiveTopic } from '../src/shared/live/live.ts';

interface HandSocket {
  readonly listener: SocketListener;
  readonly sent: ClientMessage[];
  isClosed: boolean;
}

interface HandStream {
  readonly mark: Mark | null;
  readonly listener: StreamListener;
  isClosed: boolean;
}

interface HandQuestion extends WantedTopic {
  readonly signal: AbortSignal;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

/** The connection with the server and the time in the test's hands. Random delays are at their longest. */
export function liveByHand() {
  const clock = new SimulatedClock();
  const sockets: HandSocket[] = [];
  const streams: HandStream[] = [];
  const questions: HandQuestion[] = [];
  let returned = () => {};
  let signedOut = 0;
  const live = createLive({
    openSocket(listener) {
      const socket: HandSocket = { listener, sent: [], isClosed: false };
      sockets.push(socket);
      return {
        send: (message) => socket.sent.push(message),
        close() {
          socket.isClosed = true;
        },
      };
    },
    openStream(mark, listener) {
      const stream: HandStream = { mark, listener, isClosed: false };
      streams.push(stream);
      return () => {
        stream.isClosed = true;
      };
    },
    askTopic(wanted, signal) {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      questions.push({ ...wanted, signal, answer: resolve, fail: reject });
      return promise;
    },
    clock,
    nowMs: () => clock.now(),
    random: () => 0,
    pollIntervalMs: () => 2_000,
    onReturn(callback) {
      returned = callback;
      return () => {
        returned = () => {};
      };
    },
    onSignedOut() {
      signedOut += 1;
    },
  });
  return {
    live,
    clock,
    sockets,
    streams,
    questions,
    socket: () => lastOf(sockets),
    stream: () => lastOf(streams),
    /** What is open or being opened. */
    open: () => ({
      sockets: sockets.filter(({ isClosed }) => !isClosed).length,
      streams: streams.filter(({ isClosed }) => !isClosed).length,
    }),
    mode: () => live.status().mode,
    /** The page is back from wherever it was. */
    comeBack: () => returned(),
    signedOut: () => signedOut,
    /** Ends the newest socket, as often as asked, with the waits between. */
    failSockets(times: number) {
      for (let failed = 0; failed < times; failed += 1) {
        lastOf(sockets).listener.ended('lost');
        clock.increment(1_500);
      }
    },
  };
}

export type LiveByHand = ReturnType<typeof liveByHand>;

/** Reads a topic and notes what it is told, as `snapshot`, `update` or `refused`, and the lines of a log. */
export function readTopic(live: Pick<Live, 'follow'>, topic: LiveTopic, options?: FollowOptions) {
  const told: (readonly [kind: 'snapshot' | 'update' | 'refused', frame: ServerFrame])[] = [];
  const stop = live.follow(
    topic,
    {
      snapshot: (frame) => told.push(['snapshot', frame]),
      update: (frame) => told.push(['update', frame]),
      refused: (frame) => told.push(['refused', frame]),
    },
    options,
  );
  return {
    told,
    stop,
    kinds: () => told.map(([kind]) => kind),
    /** The numbers of the lines as the reader shows them: a snapshot replaces what was there. */
    lines() {
      const since = told.findLastIndex(([kind]) => kind === 'snapshot');
      return told.slice(Math.max(0, since)).flatMap(([, { lines = [] }]) => lines.map(({ n }) => n));
    },
  };
}

export const frameOf = (topic: LiveTopic, given: Partial<ServerFrame> = {}): ServerFrame => ({
  topic,
  type: 'update',
  position: '7',
  storeId: 'store-1',
  ...given,
});

export const pong: ServerFrame = { topic: '', type: 'pong', position: null, storeId: 'store-1' };

/** The lines of a log from one number to another, both included. */
export const linesFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => ({
    n: first + index,
    at: '2026-01-01T00:00:00.000Z',
    attempt: 1,
    step: 'bundle' as const,
    stream: 'stdout' as const,
    text: `line ${first + index}`,
  }));

export const logFrame = (type: 'snapshot' | 'update', first: number, last: number): ServerFrame =>
  frameOf('logs:a', { type, position: last, lines: linesFrom(first, last) });

export const awayError = () => new RequestFailed(unreachable);
export const signedOutError = () => new RequestFailed({ code: notSignedIn, message: 'Sign in.', hint: null });

/** What a settled promise sets off inside a machine has happened after the next turn of the event loop. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

function lastOf<Item>(items: readonly Item[]): Item {
  const last = items.at(-1);
  if (last === undefined) throw new Error('None was opened.');
  return last;
}
