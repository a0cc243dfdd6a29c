import type { SystemHealth } from '@yardmaster/protocol';
import type { GatewayParts } from '../gateway-parts.ts';
import type { Subscription, SubscriptionOptions } from './subscription.ts';

/** `health` on one connection: a snapshot at once and with each change; a slow reader gets the newest one. */
export function createHealthSubscription(
  { health, readModels: { storeId } }: Pick<GatewayParts, 'health' | 'readModels'>,
  { topic, outlet }: SubscriptionOptions,
): Subscription {
  let isLagging = false;
  const send = (now: SystemHealth) => {
    if (!isLagging) outlet.send({ topic, storeId, type: 'snapshot', position: null, health: now });
  };
  send(health.told());
  const following = health.onChange(send);

  return {
    deliver() {},
    places() {},
    linesAppended() {},
    lag() {
      isLagging = true;
    },
    drained() {
      if (!isLagging) return;
      isLagging = false;
      send(health.told());
    },
    stop() {
      void following.stop();
    },
  };
}
