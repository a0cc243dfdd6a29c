import { JobId } from '@yardmaster/domain';
import { describe, expect, it } from 'vitest';
import { type Actor, createActor, fromPromise, waitFor } from 'xstate';
import { type Grant, slotMachine } from '../src/slot-machine.ts';
import type { Offer } from '../src/worker.ts';

const jobId = JobId.parse('job-1');
const offer: Offer = { item: { jobId, attempt: 1 }, ack() {} };
const grant = { granted: true, jobId, attempt: 1 } as Grant; // The machine only hands it on.

type Work = 'waitForWork' | 'claim' | 'build' | 'settle';

/** A slot whose every piece of work is ended by the test, in the order in which it was begun. */
function aSlot() {
  const begun: Work[] = [];
  const running = new Map<Work, PromiseWithResolvers<never>>();
  const work = (name: Work) => () => {
    begun.push(name);
    const made = Promise.withResolvers<never>();
    running.set(name, made);
    return made.promise;
  };
  const slot = createActor(
    slotMachine.provide({
      actors: {
        waitForWork: fromPromise<Offer | null>(work('waitForWork')),
        claim: fromPromise<Grant | null, { offer: Offer }>(work('claim')),
        build: fromPromise<void, { grant: Grant }>(work('build')),
        settle: fromPromise<void, { grant: Grant }>(work('settle')),
      },
    }),
  );
  slot.start();
  return {
    slot,
    begun,
    end: (name: Work, result?: unknown) => running.get(name)?.resolve(result as never), // Each is given what it makes.
    fail: (name: Work) => running.get(name)?.reject(new Error(`${name} failed`)),
  };
}

type State = 'idle' | 'claiming' | 'building' | 'reporting' | 'pausing' | 'drained';
const reaches = (slot: Actor<typeof slotMachine>, state: State) => waitFor(slot, (now) => now.matches(state));

/** Brings a new slot into a state. */
async function slotIn(state: Exclude<State, 'pausing' | 'drained'>) {
  const made = aSlot();
  const way = [
    ['idle', 'waitForWork', offer],
    ['claiming', 'claim', grant],
    ['building', 'build', undefined],
    ['reporting', 'settle', undefined],
  ] as const;
  for (const [at, work, result] of way) {
    await reaches(made.slot, at);
    if (at === state) break;
    made.end(work, result);
  }
  return made;
}

describe('a slot', () => {
  it('waits, claims, builds, reports, and waits again', async () => {
    const { slot, begun, end } = await slotIn('reporting');
    end('settle');
    await reaches(slot, 'idle');
    expect(begun).toEqual(['waitForWork', 'claim', 'build', 'settle', 'waitForWork']);
    expect(slot.getSnapshot().context).toMatchObject({ offer: null, grant: null });
  });

  it('waits again after a refused claim', async () => {
    const { slot, begun, end } = await slotIn('claiming');
    end('claim', null);
    await reaches(slot, 'idle');
    expect(begun).not.toContain('build');
  });

  it.each(['idle', 'claiming'] as const)(
    'pauses before it waits again when something fails while %s',
    async (state) => {
      const { slot, fail } = await slotIn(state);
      fail(state === 'idle' ? 'waitForWork' : 'claim');
      await reaches(slot, 'pausing');
      await reaches(slot, 'idle');
    },
  );

  it.each(['building', 'reporting'] as const)('is free again although its work fails while %s', async (state) => {
    const { slot, fail, end } = await slotIn(state);
    fail(state === 'building' ? 'build' : 'settle');
    if (state === 'building') {
      await reaches(slot, 'reporting');
      end('settle');
    }
    await reaches(slot, 'idle');
  });

  it('ends when there will be no more work', async () => {
    const { slot, end } = await slotIn('idle');
    end('waitForWork', null);
    await reaches(slot, 'drained');
    expect(slot.getSnapshot().status).toBe('done');
  });

  it('ends at once when it is drained while idle, and takes no offer any more', async () => {
    const { slot, begun, end } = await slotIn('idle');
    slot.send({ type: 'DRAIN' });
    await reaches(slot, 'drained');
    end('waitForWork', offer);
    expect(begun).toEqual(['waitForWork']);
  });

  it.each(['claiming', 'building', 'reporting'] as const)(
    'finishes what it has when it is drained while %s',
    async (state) => {
      const { slot, begun, end } = await slotIn(state);
      slot.send({ type: 'DRAIN' });
      expect(slot.getSnapshot().matches(state)).toBe(true);
      if (state === 'claiming') end('claim', grant);
      await waitFor(slot, (now) => now.matches('building') || now.matches('reporting'));
      if (state !== 'reporting') end('build');
      await reaches(slot, 'reporting');
      end('settle');
      await reaches(slot, 'drained');
      expect(begun).toEqual(['waitForWork', 'claim', 'build', 'settle']);
    },
  );

  it('ends after a refused claim when it is drained', async () => {
    const { slot, end } = await slotIn('claiming');
    slot.send({ type: 'DRAIN' });
    end('claim', null);
    await reaches(slot, 'drained');
  });
});
