import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type EventStore, findBrokenLink } from '@yardmaster/application';
import { openSqliteEventStore } from '@yardmaster/event-store/sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOrchestratorWorld } from './orchestrator-world.ts';

describe('reports that come faster than the event store appends', () => {
  it('are appended together, in their order, and none is asked for again', async () => {
    let appends = 0;
    const slow = await openOrchestratorWorld({
      async openStore(folder) {
        const store = await openSqliteEventStore({ file: join(folder, 'events.sqlite') });
        const append: EventStore['append'] = async (...args) => {
          await delay(20);
          appends += 1;
          return await store.append(...args);
        };
        return { ...store, append };
      },
    });
    onTestFinished(() => slow.stop());
    const jobId = await slow.request();
    const build = await slow.worker('worker-1', { slots: 1 }).nextBuild();
    const recordedBefore = (await slow.history(jobId)).length;
    appends = 0;
    await build.finish();
    const ended = slow.until(jobId, 'BuildCompleted');
    expect(await Promise.race([build.told('resend-reports'), ended])).toBe(await ended);
    expect(findBrokenLink(await ended)).toBeNull();
    expect(appends).toBeLessThan((await ended).length - recordedBefore);
  });
});
