import { describe, expect, test } from 'vitest';
import { createActor } from 'xstate';
import type { Choice, Picked, ReadOptions } from '../src/features/upload/read-choice.ts';
import type { TransferListener, TransferRequest } from '../src/features/upload/transfer.ts';
import { createUploadMachine } from '../src/features/upload/upload-machine.ts';
import { type Trouble, unreachable } from '../src/shared/api/api.ts';

const trouble: Trouble = { code: 'archive-corrupt', message: 'The archive is damaged.', hint: 'Pack it again.' };
const answer = {
  success: true,
  website: { id: 'w', name: 'shop', type: 'react', buildJobId: 'j' },
  queuePosition: 3,
  message: 'Build 1 of "shop" is queued at position 3.',
} as const;
const picked: Picked = { kind: 'things', things: [] };
const archive = (name: string): Choice => ({ ok: true, source: { kind: 'archive', file: new File(['zip'], name) } });

function open() {
  const transfers: { readonly request: TransferRequest; readonly listener: TransferListener; aborted: boolean }[] = [];
  const readings: { readonly options: ReadOptions; readonly choose: (choice: Choice) => void }[] = [];
  const waiting = new Set<() => void>();
  let keys = 0;
  let nowMs = 0;
  const machine = createUploadMachine({
    read: (_, options) => new Promise((choose) => readings.push({ options, choose })),
    startTransfer(request, listener) {
      const transfer = { request, listener, aborted: false };
      transfers.push(transfer);
      return () => {
        transfer.aborted = true;
      };
    },
    onBack(callback) {
      waiting.add(callback);
      return () => waiting.delete(callback);
    },
    newKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
    nowMs: () => nowMs,
  });
  const actor = createActor(machine).start();
  const lastOf = <One>(all: readonly One[]): One => {
    const one = all.at(-1);
    if (one === undefined) throw new Error('there is none');
    return one;
  };
  return {
    actor,
    transfers,
    reading: () => lastOf(readings),
    last: () => lastOf(transfers),
    async choose(choice: Choice) {
      actor.send({ type: 'picked', picked });
      lastOf(readings).choose(choice);
      await Promise.resolve();
    },
    /** How many wait for the server. */
    waiting: () => waiting.size,
    comeBack() {
      for (const callback of waiting) callback();
    },
    later: (ms: number) => {
      nowMs += ms;
    },
    state: () => actor.getSnapshot().value,
    context: () => actor.getSnapshot().context,
  };
}

describe('an upload', () => {
  test('suggests the name of the archive, and sends it with the name and the priority that were given', async () => {
    const { actor, choose, last, context } = open();
    await choose(archive('corner-shop.tar.gz'));
    expect(context()).toMatchObject({ name: 'corner-shop', priority: 5 });
    actor.send({ type: 'named', name: '  Corner shop ' });
    actor.send({ type: 'prioritised', priority: 9 });
    actor.send({ type: 'send' });
    expect(last().request).toMatchObject({ name: 'Corner shop', priority: 9 });
  });

  test('tells how far it is and since when, and what the server answered', async () => {
    const { actor, choose, last, later, state, context } = open();
    await choose(archive('shop.zip'));
    actor.send({ type: 'send' });
    last().listener.progressed({ sent: 10, total: 100 });
    later(500);
    last().listener.progressed({ sent: 40, total: 100 });
    expect(context()).toMatchObject({
      samples: [
        { atMs: 0, sent: 10 },
        { atMs: 500, sent: 40 },
      ],
      totalBytes: 100,
    });
    last().listener.accepted(answer);
    expect(state()).toBe('accepted');
    expect(context()).toMatchObject({ source: null, answer });
    actor.send({ type: 'discard' });
    expect(state()).toBe('empty');
    expect(context().answer).toBeNull();
  });

  test('tells how much of a folder is read, and can be stopped while it is', async () => {
    const { actor, reading, state, context } = open();
    actor.send({ type: 'picked', picked });
    reading().options.found(1_200);
    expect(context().foundFiles).toBe(1_200);
    const { signal } = reading().options;
    actor.send({ type: 'discard' });
    expect(signal.aborted).toBe(true);
    expect(state()).toBe('empty');
  });

  test('goes on with what was picked last', async () => {
    const { actor, reading, choose, context } = open();
    actor.send({ type: 'picked', picked });
    const first = reading();
    await choose(archive('second.zip'));
    first.choose(archive('first.zip'));
    await Promise.resolve();
    expect(first.options.signal.aborted).toBe(true);
    expect(context().name).toBe('second');
  });

  test('keeps what was chosen through a refusal, and tries again as the same upload', async () => {
    const { actor, choose, transfers, last, state, context, waiting } = open();
    await choose(archive('shop.zip'));
    actor.send({ type: 'send' });
    last().listener.progressed({ sent: 40, total: 100 });
    last().listener.refused(trouble);
    expect(state()).toBe('ready');
    expect(waiting()).toBe(0);
    expect(context().trouble).toEqual(trouble);
    actor.send({ type: 'send' });
    expect(context()).toMatchObject({ trouble: null, samples: [], totalBytes: 0 });
    expect(transfers).toHaveLength(2);
    expect(transfers[1]?.request).toEqual(transfers[0]?.request);
  });

  test('is another upload once its name or priority is changed, or something else is chosen', async () => {
    const { actor, choose, transfers, last } = open();
    const trySending = (): void => {
      actor.send({ type: 'send' });
      last().listener.refused(trouble);
    };
    await choose(archive('shop.zip'));
    trySending();
    actor.send({ type: 'named', name: 'other' });
    trySending();
    actor.send({ type: 'prioritised', priority: 7 });
    trySending();
    await choose(archive('shop.zip'));
    trySending();
    expect(new Set(transfers.map(({ request }) => request.idempotencyKey)).size).toBe(4);
  });

  test('is broken off by cancelling, and what was chosen stays', async () => {
    const { actor, choose, last, state, context } = open();
    await choose(archive('shop.zip'));
    actor.send({ type: 'send' });
    actor.send({ type: 'cancel' });
    expect(last().aborted).toBe(true);
    expect(state()).toBe('ready');
    expect(context()).toMatchObject({ name: 'shop', trouble: null });
  });

  test('is not disturbed by something that is picked or discarded meanwhile', async () => {
    const { actor, choose, last, state, context } = open();
    await choose(archive('shop.zip'));
    actor.send({ type: 'send' });
    actor.send({ type: 'picked', picked });
    actor.send({ type: 'discard' });
    expect(state()).toBe('sending');
    expect(last().aborted).toBe(false);
    expect(context().name).toBe('shop');
  });

  test.each(['', '   ', 'x'.repeat(101)])('does not start with the name %j', async (name) => {
    const { actor, choose, transfers } = open();
    await choose(archive('shop.zip'));
    actor.send({ type: 'named', name });
    actor.send({ type: 'send' });
    expect(transfers).toEqual([]);
  });

  test('says why something cannot be uploaded, until something can', async () => {
    const { choose, state, context } = open();
    await choose({ ok: false, trouble });
    expect(state()).toBe('empty');
    expect(context().trouble).toEqual(trouble);
    await choose(archive('shop.zip'));
    expect(context().trouble).toBeNull();
  });
});

describe('an upload that was cut off', () => {
  async function cutOff() {
    const hand = open();
    await hand.choose(archive('shop.zip'));
    hand.actor.send({ type: 'send' });
    hand.last().listener.progressed({ sent: 40, total: 100 });
    hand.last().listener.refused(unreachable);
    return hand;
  }

  test('goes on by itself when the server is back, as the same upload', async () => {
    const { comeBack, transfers, last, state, context, waiting } = await cutOff();
    expect(state()).toBe('away');
    expect(transfers).toHaveLength(1);
    comeBack();
    expect(state()).toBe('sending');
    expect(context()).toMatchObject({ samples: [], totalBytes: 0 });
    expect(waiting()).toBe(0);
    expect(transfers).toHaveLength(2);
    expect(transfers[1]?.request).toEqual(transfers[0]?.request);
    last().listener.accepted(answer);
    expect(state()).toBe('accepted');
  });

  test('goes on by itself once only: cut off again, it keeps what was chosen and says why', async () => {
    const { actor, comeBack, transfers, last, state, context, waiting } = await cutOff();
    comeBack();
    last().listener.refused(unreachable);
    expect(state()).toBe('ready');
    expect(context()).toMatchObject({ name: 'shop', trouble: unreachable });
    expect(waiting()).toBe(0);
    expect(transfers).toHaveLength(2);

    actor.send({ type: 'send' });
    last().listener.refused(unreachable);
    expect(state()).toBe('away');
  });

  test('is tried at once when somebody wants it, and waits on when the server is still away', async () => {
    const { actor, comeBack, transfers, last, state } = await cutOff();
    actor.send({ type: 'send' });
    expect(state()).toBe('sending');
    last().listener.refused(unreachable);
    expect(state()).toBe('away');
    comeBack();
    expect(state()).toBe('sending');
    expect(new Set(transfers.map(({ request }) => request.idempotencyKey)).size).toBe(1);
  });

  test('does not go on after it was cancelled; what was chosen stays', async () => {
    const { actor, comeBack, transfers, state, context, waiting } = await cutOff();
    actor.send({ type: 'cancel' });
    expect(waiting()).toBe(0);
    comeBack();
    expect(state()).toBe('ready');
    expect(context()).toMatchObject({ name: 'shop', trouble: null });
    expect(transfers).toHaveLength(1);
  });

  test('is not disturbed by something that is picked or discarded while it waits', async () => {
    const { actor, state, context } = await cutOff();
    actor.send({ type: 'picked', picked });
    actor.send({ type: 'discard' });
    expect(state()).toBe('away');
    expect(context().name).toBe('shop');
  });

  test('is told why when what came back refuses it', async () => {
    const { comeBack, last, state, context, waiting } = await cutOff();
    comeBack();
    last().listener.refused(trouble);
    expect(state()).toBe('ready');
    expect(context().trouble).toEqual(trouble);
    expect(waiting()).toBe(0);
  });
});
