import { describe, expect, test } from 'vitest';
import { createActor } from 'xstate';
import type { TransferListener, TransferRequest } from '../src/features/upload/transfer.ts';
import { createUploadMachine } from '../src/features/upload/upload-machine.ts';
import type { Choice } from '../src/features/upload/upload-source.ts';
import type { Trouble } from '../src/shared/api/api.ts';

const trouble: Trouble = { code: 'archive-corrupt', message: 'The archive is damaged.', hint: 'Pack it again.' };
const answer = {
  success: true,
  website: { id: 'w', name: 'shop', type: 'react', buildJobId: 'j' },
  queuePosition: 3,
  message: 'Build 1 of "shop" is queued at position 3.',
} as const;
const archive = (name: string): Choice => ({ ok: true, source: { kind: 'archive', file: new File(['zip'], name) } });

function open() {
  const transfers: { readonly request: TransferRequest; readonly listener: TransferListener; aborted: boolean }[] = [];
  let keys = 0;
  const machine = createUploadMachine({
    startTransfer(request, listener) {
      const transfer = { request, listener, aborted: false };
      transfers.push(transfer);
      return () => {
        transfer.aborted = true;
      };
    },
    newKey: () => {
      keys += 1;
      return `key-${keys}`;
    },
  });
  const actor = createActor(machine).start();
  const last = () => {
    const transfer = transfers.at(-1);
    if (transfer === undefined) throw new Error('nothing was sent');
    return transfer;
  };
  return { actor, transfers, last, state: () => actor.getSnapshot().value, context: () => actor.getSnapshot().context };
}

describe('an upload', () => {
  test('suggests the name of the archive, and sends it with the name that was given', () => {
    const { actor, last, context } = open();
    actor.send({ type: 'chosen', choice: archive('corner-shop.tar.gz') });
    expect(context().name).toBe('corner-shop');
    actor.send({ type: 'named', name: '  Corner shop ' });
    actor.send({ type: 'send' });
    expect(last().request.name).toBe('Corner shop');
  });

  test('tells how far it is, and what the server answered', () => {
    const { actor, last, state, context } = open();
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'send' });
    last().listener.progressed({ sent: 40, total: 100 });
    expect(context()).toMatchObject({ sentBytes: 40, totalBytes: 100 });
    last().listener.accepted(answer);
    expect(state()).toBe('empty');
    expect(context()).toMatchObject({ source: null, answer });
  });

  test('keeps what was chosen through a refusal, and tries again as the same upload', () => {
    const { actor, transfers, last, state, context } = open();
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'send' });
    last().listener.refused(trouble);
    expect(state()).toBe('ready');
    expect(context().trouble).toEqual(trouble);
    actor.send({ type: 'send' });
    expect(context().trouble).toBeNull();
    expect(transfers).toHaveLength(2);
    expect(transfers[1]?.request).toEqual(transfers[0]?.request);
  });

  test('is another upload once its name is changed, or something else is chosen', () => {
    const { actor, transfers, last } = open();
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'send' });
    last().listener.refused(trouble);
    actor.send({ type: 'named', name: 'other' });
    actor.send({ type: 'send' });
    last().listener.refused(trouble);
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'send' });
    expect(new Set(transfers.map(({ request }) => request.idempotencyKey)).size).toBe(3);
  });

  test('is broken off by cancelling, and what was chosen stays', () => {
    const { actor, last, state, context } = open();
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'send' });
    actor.send({ type: 'cancel' });
    expect(last().aborted).toBe(true);
    expect(state()).toBe('ready');
    expect(context()).toMatchObject({ name: 'shop', trouble: null });
  });

  test('is not disturbed by something that is chosen meanwhile', () => {
    const { actor, last, state, context } = open();
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'send' });
    actor.send({ type: 'chosen', choice: archive('other.zip') });
    expect(state()).toBe('sending');
    expect(last().aborted).toBe(false);
    expect(context().name).toBe('shop');
  });

  test.each(['', '   ', 'x'.repeat(101)])('does not start with the name %j', (name) => {
    const { actor, transfers } = open();
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    actor.send({ type: 'named', name });
    actor.send({ type: 'send' });
    expect(transfers).toEqual([]);
  });

  test('says why something cannot be uploaded, until something can', () => {
    const { actor, state, context } = open();
    actor.send({ type: 'chosen', choice: { ok: false, trouble } });
    expect(state()).toBe('empty');
    expect(context().trouble).toEqual(trouble);
    actor.send({ type: 'chosen', choice: archive('shop.zip') });
    expect(context().trouble).toBeNull();
  });
});
