import type { Running } from '@yardmaster/application';

const unavailableAfterMs = 10_000;

interface Connectable {
  readonly connected: boolean;
  onConnectionChange(listener: (connected: boolean) => void): Running;
}

/**
 * Calls `onUnavailable` when the message server has been reachable for ten seconds and yet its streams were not, and again
 * every ten seconds until they are: a nats-server whose disk was full does no more work until it is started again.
 */
export function watchMessaging({
  connection,
  messaging,
  onUnavailable,
  afterMs = unavailableAfterMs,
}: {
  readonly connection: Connectable;
  readonly messaging: Connectable;
  readonly onUnavailable: () => void;
  readonly afterMs?: number;
}): Running {
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    clearInterval(timer);
    timer = connection.connected && !messaging.connected ? setInterval(onUnavailable, afterMs) : undefined;
  };
  const watching = [connection.onConnectionChange(look), messaging.onConnectionChange(look)];
  return {
    async stop() {
      await Promise.all(watching.map((each) => each.stop()));
      clearInterval(timer);
    },
  };
}
