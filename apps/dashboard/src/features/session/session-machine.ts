import { assign, fromPromise, setup } from 'xstate';
import { notSignedIn, RequestFailed, type Trouble, troubleOf, type Viewer } from '../../shared/api/api.ts';

const retryAfterMs = 3_000;
/** Who is signed in for so long is signed in: a loss after it is a new one. */
const settledAfterMs = 10_000;

const refused: Trouble = {
  code: 'live-refused',
  message: 'You are signed in, but the live connection says that you are not.',
  hint: 'If this does not pass, check whether a proxy keeps cookies from the live connection.',
};

export interface SessionParts {
  readonly fetchViewer: (signal: AbortSignal) => Promise<Viewer>;
  readonly signOut: () => Promise<unknown>;
}

type Message = { readonly type: 'signOut' } | { readonly type: 'lost' } | { readonly type: 'retry' };

/** Whether somebody is signed in. A server that does not answer is asked again until it does. */
export function createSessionMachine({ fetchViewer, signOut }: SessionParts) {
  return setup({
    types: {
      context: {} as {
        readonly viewer: Viewer | null;
        readonly trouble: Trouble | null;
        /** Lost a moment ago. */
        readonly wasLost: boolean;
      },
      events: {} as Message,
    },
    actors: {
      fetchViewer: fromPromise<Viewer>(({ signal }) => unlessAborted(fetchViewer(signal), signal)),
      signOut: fromPromise<void>(async () => {
        await signOut();
      }),
    },
    actions: { forget: assign({ viewer: null, wasLost: true }) },
    guards: { wasLostBefore: ({ context }) => context.wasLost },
  }).createMachine({
    id: 'session',
    context: { viewer: null, trouble: null, wasLost: false },
    initial: 'asking',
    states: {
      asking: {
        invoke: {
          src: 'fetchViewer',
          onDone: { target: 'signedIn', actions: assign(({ event }) => ({ viewer: event.output, trouble: null })) },
          onError: [
            { guard: ({ event }) => isSignedOut(event.error), target: 'signedOut' },
            { target: 'unanswered', actions: assign({ trouble: ({ event }) => troubleOf(event.error) }) },
          ],
        },
      },
      unanswered: { after: { [retryAfterMs]: 'asking' }, on: { retry: 'asking' } },
      signedOut: { entry: assign({ viewer: null, trouble: null, wasLost: false }), on: { retry: 'asking' } },
      // Whoever is signed in after a loss, perhaps from another tab, starts with nothing of before. When that is lost at
      // once as well, the server contradicts itself: without a pause the page would begin anew in a circle.
      signedIn: {
        on: {
          signOut: 'signingOut',
          lost: [
            { guard: 'wasLostBefore', target: 'unanswered', actions: ['forget', assign({ trouble: refused })] },
            { target: 'asking', actions: 'forget' },
          ],
        },
        after: { [settledAfterMs]: { actions: assign({ wasLost: false }) } },
      },
      // When signing out fails, asking tells what is so.
      signingOut: { invoke: { src: 'signOut', onDone: 'signedOut', onError: 'asking' } },
    },
  });
}

function isSignedOut(error: unknown): boolean {
  return error instanceof RequestFailed && error.trouble.code === notSignedIn;
}

/** Never settles for an asker that is gone: in development React starts every machine twice. */
async function unlessAborted<Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (signal.aborted) return new Promise(() => {});
    throw error;
  }
}
