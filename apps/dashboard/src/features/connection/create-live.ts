import { createActor } from 'xstate';
import type { Live } from '../../shared/live/live.ts';
import { preferences } from '../../shared/preferences/preferences.ts';
import { checkedAfterMs } from './bounds.ts';
import type { Clock } from './connection-actors.ts';
import { createConnectionMachine } from './connection-machine.ts';
import type { ConnectionParts } from './connection-setup.ts';
import { type ConnectionStatus, isThere, modeOf } from './connection-status.ts';
import { openEventStream } from './event-stream.ts';
import { watchForReturn } from './page-signals.ts';
import { pollTopic } from './poll-topic.ts';
import { createTopics } from './topics.ts';
import { openLiveSocket } from './web-socket.ts';

/** The live connection of a page, with what shows how it is. */
export interface LiveConnection extends Live {
  /** Both idempotent. Readers stay while it is stopped, and go on where they were after the next start. */
  start(): void;
  stop(): void;
  /** Looks at once whether the connection is there, and tries everything that was put off. */
  check(): void;
  /** Stays the same object until the mode changes. */
  readonly status: () => ConnectionStatus;
  subscribe(listener: () => void): () => void;
}

export type LiveParts = Omit<ConnectionParts, 'topics'>;

export function createLive(parts: LiveParts): LiveConnection {
  const topics = createTopics();
  const actor = createActor(createConnectionMachine({ ...parts, topics }), { clock: parts.clock }).start();
  const listeners = new Set<() => void>();
  let status: ConnectionStatus = { mode: modeOf(actor.getSnapshot()), sinceMs: parts.nowMs() };
  actor.subscribe((snapshot) => {
    const mode = modeOf(snapshot);
    if (mode === status.mode) return;
    status = { mode, sinceMs: parts.nowMs() };
    for (const listener of listeners) listener();
  });
  return {
    follow: topics.follow,
    refresh: () => actor.send({ type: 'refresh' }),
    onBack,
    start: () => actor.send({ type: 'start' }),
    stop: () => actor.send({ type: 'stop' }),
    check,
    status: () => status,
    subscribe,
  };

  function check(): void {
    actor.send({ type: 'check' });
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  function onBack(callback: () => void): () => void {
    let wasAway = !isThere(status.mode);
    const leave = subscribe(() => {
      if (!isThere(status.mode)) wasAway = true;
      else if (wasAway) done();
    });
    // What cut the caller off may not have been noticed here, or have been a proxy that does not like large requests.
    const timer = parts.clock.setTimeout(() => !wasAway && done(), checkedAfterMs);
    if (!wasAway) check();
    return stop;

    function stop(): void {
      leave();
      parts.clock.clearTimeout(timer);
    }

    function done(): void {
      stop();
      callback();
    }
  }
}

const clock: Clock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>), // it is one of its own
};

/** The live connection in a browser. */
export function createBrowserLive({ onSignedOut }: Pick<LiveParts, 'onSignedOut'>): LiveConnection {
  return createLive({
    openSocket: openLiveSocket,
    openStream: openEventStream,
    askTopic: pollTopic,
    clock,
    nowMs: Date.now,
    random: Math.random,
    pollIntervalMs: () => preferences().pollIntervalMs,
    onReturn: (callback) => watchForReturn({ window, document, nowMs: Date.now, every }, callback),
    onSignedOut,
  });
}

function every(intervalMs: number, callback: () => void): () => void {
  const timer = setInterval(callback, intervalMs);
  return () => clearInterval(timer);
}
