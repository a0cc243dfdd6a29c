import type { ServerFrame } from '@yardmaster/protocol';
import { fromCallback, fromPromise } from 'xstate';
import { notSignedIn, RequestFailed } from '../../shared/api/api.ts';
import { maxPagesPerPoll, topicRetryDelayMs } from './bounds.ts';
import { isStreamTopic, type Topics } from './topics.ts';
import type { Answer, Transports, WantedTopic } from './transports.ts';

/** What happens to the connection; its machine listens to these. */
export type Message =
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  /** Something may have broken or come back unnoticed, or somebody wants it tried: look at once. */
  | { readonly type: 'check' }
  /** Something was changed by this page. */
  | { readonly type: 'refresh' }
  /** A topic is read that was not, or by one more. */
  | { readonly type: 'followed' }
  | { readonly type: 'signedOut' }
  | { readonly type: 'socket.opened' }
  | { readonly type: 'socket.heard' }
  | { readonly type: 'socket.lost'; readonly wasNonsense: boolean }
  /** No socket can be had for now. */
  | { readonly type: 'socket.waiting' }
  | { readonly type: 'stream.opened' }
  | { readonly type: 'stream.heard' }
  | { readonly type: 'stream.lost' }
  /** The stream goes on from where some reader is not: it has to begin anew. */
  | { readonly type: 'stream.outdated' }
  /** A server that did not answer answers again. */
  | { readonly type: 'serverBack' };

/** The timers of the machine, which tests turn by hand. */
export interface Clock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

export interface ActorParts extends Transports {
  readonly topics: Topics;
  readonly clock: Clock;
  readonly nowMs: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
}

/** Signs of life are told to the machine at most this often: a thousand frames a second are one to it. */
const heardEveryMs = 1_000;

function createHearing(parts: Pick<ActorParts, 'nowMs'>, tell: () => void): () => void {
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (parts.nowMs() - toldAtMs < heardEveryMs) return;
    toldAtMs = parts.nowMs();
    tell();
  };
}

/** One WebSocket for all topics, from its opening to its end. */
export const socketActor = (parts: ActorParts) =>
  fromCallback<{ readonly type: 'ping' }>(({ sendBack, receive }) => {
    const { topics, clock } = parts;
    const tell = (message: Message) => sendBack(message);
    const heard = createHearing(parts, () => tell({ type: 'socket.heard' }));
    /** Topics that the server could not follow just now, and how often in a row. */
    const failures = new Map<string, number>();
    const timers = new Set<unknown>();
    let stopListening = () => {};
    const socket = parts.openSocket({
      opened() {
        tell({ type: 'socket.opened' });
        topics.begin();
        for (const wanted of topics.wanted()) subscribe(wanted);
        stopListening = topics.onChange(({ type, topic }) => {
          if (type === 'left') socket.send({ type: 'unsubscribe', topic });
          else subscribe(topics.find(topic));
        });
      },
      frame(frame) {
        if (frame.type === 'error' && frame.code !== 'not-found') subscribeLater(frame.topic);
        else if (frame.type !== 'pong') take(frame);
        if (frame.type === 'pong') tell({ type: 'socket.heard' });
        else heard();
      },
      ended(reason) {
        if (reason === 'nonsense') topics.forgetMarks();
        tell(
          reason === 'signed-out' ? { type: 'signedOut' } : { type: 'socket.lost', wasNonsense: reason === 'nonsense' },
        );
      },
    });
    receive(({ type }) => socket.send({ type }));
    return () => {
      stopListening();
      for (const timer of timers) clock.clearTimeout(timer);
      socket.close();
    };

    function take(frame: ServerFrame): void {
      failures.delete(frame.topic);
      topics.deliver(frame);
    }

    function subscribe(wanted: WantedTopic | null): void {
      if (wanted === null) return;
      const { topic, mark } = wanted;
      const since = mark === null ? {} : { since: mark.position, storeId: mark.storeId };
      socket.send({ type: 'subscribe', topic, ...since });
    }

    function subscribeLater(topic: string): void {
      const failed = (failures.get(topic) ?? 0) + 1;
      failures.set(topic, failed);
      const delayMs = topicRetryDelayMs({ failures: failed, random: parts.random() });
      const timer = clock.setTimeout(() => {
        timers.delete(timer);
        subscribe(topics.wanted().find((wanted) => wanted.topic === topic) ?? null);
      }, delayMs);
      timers.add(timer);
    }
  });

/** The event stream, from its opening to its end. */
export const streamActor = (parts: ActorParts) =>
  fromCallback(({ sendBack }) => {
    const { topics } = parts;
    const tell = (message: Message) => sendBack(message);
    const heard = createHearing(parts, () => tell({ type: 'stream.heard' }));
    const stopListening = topics.onChange(({ type, topic }) => {
      if (type === 'followed' && isStreamTopic(topic)) tell({ type: 'stream.outdated' });
    });
    const mark = topics.streamMark();
    const close = parts.openStream(mark, {
      // What was asked for while it opened would come again from an earlier mark.
      opened: () => tell({ type: mark === topics.streamMark() ? 'stream.opened' : 'stream.outdated' }),
      frames(frames, mark) {
        for (const frame of frames) topics.deliver(frame);
        topics.streamReached(mark);
      },
      heard,
      ended: (reason) => tell({ type: reason === 'signed-out' ? 'signedOut' : 'stream.lost' }),
    });
    return () => {
      stopListening();
      close();
    };
  });

/** Asks once for every topic that does not come by itself. Fails when none of them was answered for. */
export const pollActor = ({ topics, askTopic }: ActorParts) =>
  fromPromise<void, { readonly hasStream: boolean }>(async ({ input, signal }) => {
    topics.begin();
    const wanted = topics.wanted().filter(({ topic }) => !(input.hasStream && isStreamTopic(topic)));
    const outcomes = await Promise.allSettled(wanted.map((each) => askToTheEnd(each)));
    const errors = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    const signedOut = errors.find(isSignedOut);
    if (signedOut !== undefined) throw signedOut;
    if (errors.length > 0 && errors.length === outcomes.length) throw errors[0];

    async function askToTheEnd(first: WantedTopic): Promise<void> {
      let next: WantedTopic | null = first;
      for (let pages = 0; next !== null && pages < maxPagesPerPoll; pages += 1) {
        const { frame, hasMore }: Answer = await askTopic(next, signal).catch((error: unknown) =>
          refusalOf(first, error),
        );
        if (signal.aborted) return;
        topics.deliver(frame);
        next = hasMore ? topics.find(first.topic) : null;
      }
    }
  });

/** What the live connection would have said of a topic that is not there; any other error is thrown on. */
function refusalOf({ topic }: WantedTopic, error: unknown): Answer {
  if (!(error instanceof RequestFailed) || error.trouble.code !== 'not-found') throw error;
  const { code, message } = error.trouble;
  return { frame: { topic, storeId: '', position: null, type: 'error', code, message }, hasMore: false };
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof RequestFailed && error.trouble.code === notSignedIn;
}

/** Tells the machine what happens on the page: it may have slept, or somebody reads something new. */
export const pageActor = ({
  topics,
  onReturn,
}: {
  readonly topics: Topics;
  readonly onReturn: (callback: () => void) => () => void;
}) =>
  fromCallback(({ sendBack }) => {
    const tell = (message: Message) => sendBack(message);
    const stops = [
      onReturn(() => tell({ type: 'check' })),
      topics.onChange(({ type }) => {
        if (type === 'followed') tell({ type: 'followed' });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  });
