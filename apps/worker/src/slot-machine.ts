import type { ClaimReply } from '@yardmaster/protocol';
import { assign, fromPromise, setup } from 'xstate';
import type { Offer } from './worker.ts';

export type Grant = Extract<ClaimReply, { granted: true }>;

/**
 * One slot of a worker: it waits for work, claims it, builds, and is free again only when everything that it reported is
 * settled. What each state does is provided by the worker; a draining slot takes no further work, and whether the build
 * at hand is ended early is for the worker to say.
 */
export const slotMachine = setup({
  types: {} as {
    context: { readonly offer: Offer | null; readonly grant: Grant | null; readonly draining: boolean };
    events: { type: 'DRAIN' };
  },
  actors: {
    waitForWork: fromPromise<Offer | null>(async () => null),
    claim: fromPromise<Grant | null, { offer: Offer }>(async () => null),
    build: fromPromise<void, { grant: Grant }>(async () => {}),
    settle: fromPromise<void, { grant: Grant }>(async () => {}),
  },
  guards: { draining: ({ context }) => context.draining },
}).createMachine({
  id: 'slot',
  context: { offer: null, grant: null, draining: false },
  initial: 'idle',
  on: { DRAIN: { actions: assign({ draining: true }) } },
  states: {
    idle: {
      always: { guard: 'draining', target: 'drained' },
      entry: assign({ offer: null, grant: null }),
      invoke: {
        src: 'waitForWork',
        onDone: [
          {
            guard: ({ event }) => event.output !== null,
            target: 'claiming',
            actions: assign({ offer: ({ event }) => event.output }),
          },
          { target: 'drained' },
        ],
        onError: { target: 'pausing' },
      },
    },
    pausing: { after: { 1000: 'idle' } },
    claiming: {
      invoke: {
        src: 'claim',
        input: ({ context }) => ({ offer: present(context.offer) }),
        onDone: [
          {
            guard: ({ event }) => event.output !== null,
            target: 'building',
            actions: assign({ grant: ({ event }) => event.output }),
          },
          { target: 'idle' },
        ],
        onError: { target: 'pausing' },
      },
    },
    building: {
      invoke: {
        src: 'build',
        input: ({ context }) => ({ grant: present(context.grant) }),
        onDone: 'reporting',
        onError: 'reporting',
      },
    },
    reporting: {
      invoke: {
        src: 'settle',
        input: ({ context }) => ({ grant: present(context.grant) }),
        onDone: 'idle',
        onError: 'idle',
      },
    },
    drained: { type: 'final' },
  },
});

function present<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The slot is in a state that needs what it does not have.');
  return value;
}
