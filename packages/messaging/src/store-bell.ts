import { randomUUID } from 'node:crypto';
import type { Log, Running } from '@yardmaster/application';
import type { NatsLink } from './nats-connection.ts';
import { storeBellSubject } from './subjects.ts';
import { subscribe } from './subscribe.ts';

/** A process under load commits some hundred times a second; the others need no more than this to seem at once. */
const minRingPauseMs = 5;

/** An event store that several processes write to, and of which none is told by itself what the others write. */
export interface SharedStore {
  readonly storeId: string;
  /** Another process may have appended. */
  nudge(): void;
  /** Calls back after what this process has appended. */
  onCommit(listener: () => void): Running;
}

/**
 * Tells the other processes on the same event store that there is something new in it, and hears it from them. Messages
 * get lost while NATS is away: the store's own polling makes up for them.
 */
export function startStoreBell({
  connection,
  store,
  log,
}: {
  readonly connection: NatsLink;
  readonly store: SharedStore;
  readonly log: Log;
}): Running {
  const subject = storeBellSubject(store.storeId);
  const self = randomUUID();
  let resting: NodeJS.Timeout | undefined;
  let isWanted = false;

  /** At once, and then for a moment no more. */
  function ring(): void {
    if (resting !== undefined) {
      isWanted = true;
      return;
    }
    isWanted = false;
    resting = setTimeout(() => {
      resting = undefined;
      if (isWanted) ring();
    }, minRingPauseMs);
    try {
      connection.client?.publish(subject, self);
    } catch (error) {
      log.warn({ error }, 'Other servers were not told of new events; they find them a moment later.');
    }
  }

  const ringing = store.onCommit(ring);
  const listening = subscribe({
    connection,
    log,
    subject,
    handler(message) {
      if (message.string() !== self) store.nudge();
    },
  });
  return {
    async stop() {
      await ringing.stop();
      clearTimeout(resting);
      await listening.stop();
    },
  };
}
