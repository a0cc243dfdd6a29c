import { WorkerId } from '@yardmaster/domain';
import type { Heartbeat } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { leaseMs, listenToFleet } from '../../src/orchestrator/fleet.ts';
import { createManualClock } from '../projections/manual-clock.ts';

const tickMs = 500;

function aFleet() {
  const clock = createManualClock('2026-03-01T08:00:00.000Z');
  let hear = (_: Heartbeat) => {};
  let change = (_: boolean) => {};
  const running = { async stop() {} };
  const listening = listenToFleet({
    messaging: {
      onConnectionChange(listener) {
        change = listener;
        listener(true);
        return running;
      },
      onHeartbeat(handler) {
        hear = handler;
        return running;
      },
    },
    clock,
  });
  onTestFinished(() => listening.stop());
  return {
    fleet: listening.fleet,
    connection: (isThere: boolean) => change(isThere),
    beat(id: string) {
      const workerId = WorkerId.parse(id);
      hear({ workerId, pool: 'default', slots: 2, draining: false } as Heartbeat); // Nothing else of it is asked for.
    },
    /** Time in which this process runs. */
    pass(ms: number) {
      for (let passed = 0; passed < ms; passed += tickMs) clock.advance(tickMs);
    },
    /** Time in which it stands still. */
    standStill: (ms: number) => clock.advance(ms),
    online: () => listening.fleet.workers().map(({ workerId }) => workerId),
  };
}

describe('the fleet', () => {
  it('holds a worker for gone after a lease without a heartbeat', () => {
    const { beat, pass, online } = aFleet();
    beat('worker-1');
    pass(leaseMs);
    expect(online()).toEqual(['worker-1']);
    pass(tickMs);
    expect(online()).toEqual([]);
  });

  it('gives everybody a whole lease who was there before this process stood still', () => {
    const { beat, pass, standStill, online, fleet } = aFleet();
    beat('worker-1');
    pass(3 * leaseMs);
    beat('worker-2');
    standStill(60_000);
    expect(online()).toEqual(['worker-2']);
    expect([fleet.slots('default'), fleet.listenedLongEnough()]).toEqual([2, false]);
    pass(leaseMs + tickMs);
    expect(online()).toEqual([]);
    expect(fleet.listenedLongEnough()).toBe(true);
  });

  it('counts no silence while it cannot hear', () => {
    const { beat, pass, connection, online } = aFleet();
    beat('worker-1');
    connection(false);
    pass(3 * leaseMs);
    expect(online()).toEqual(['worker-1']);
    connection(true);
    pass(leaseMs);
    expect(online()).toEqual(['worker-1']);
    pass(tickMs);
    expect(online()).toEqual([]);
  });
});
