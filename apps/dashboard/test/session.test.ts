import { describe, expect, test } from 'vitest';
import { createActor, SimulatedClock, waitFor } from 'xstate';
import { createSessionMachine } from '../src/features/session/session-machine.ts';
import { signInCode } from '../src/features/session/sign-in-code.ts';
import { notSignedIn, RequestFailed, unreachable, type Viewer } from '../src/shared/api/api.ts';

const viewer: Viewer = { id: 'admin', role: 'admin' };
const signedOut = new RequestFailed({ code: notSignedIn, message: 'Sign in.', hint: null });

/** A session whose server gives these answers, one after the other. */
function open(answers: readonly (Viewer | RequestFailed)[], signOut: () => Promise<void> = async () => {}) {
  const left = [...answers];
  const clock = new SimulatedClock();
  const machine = createSessionMachine({
    signOut,
    async fetchViewer() {
      const answer = left.shift();
      if (answer === undefined) throw new Error('the server was asked too often');
      if (answer instanceof RequestFailed) throw answer;
      return answer;
    },
  });
  return { clock, actor: createActor(machine, { clock }).start() };
}

describe('the session', () => {
  test('knows who is signed in', async () => {
    const { actor } = open([viewer]);
    const snapshot = await waitFor(actor, (now) => now.matches('signedIn'));
    expect(snapshot.context.viewer).toEqual(viewer);
  });

  test('asks a server that does not answer again, and says what is wrong meanwhile', async () => {
    const { actor, clock } = open([new RequestFailed(unreachable), viewer]);
    const snapshot = await waitFor(actor, (now) => now.matches('unanswered'));
    expect(snapshot.context.trouble).toEqual(unreachable);
    clock.increment(3_000);
    await waitFor(actor, (now) => now.matches('signedIn'));
  });

  test('is over after signing out, also when it had ended before', async () => {
    for (const signOut of [async () => {}, () => Promise.reject(signedOut)]) {
      const { actor } = open([viewer, signedOut], signOut);
      await waitFor(actor, (now) => now.matches('signedIn'));
      actor.send({ type: 'signOut' });
      const snapshot = await waitFor(actor, (now) => now.matches('signedOut'));
      expect(snapshot.context.viewer).toBeNull();
    }
  });

  test('asks when a connection says that nobody is signed in', async () => {
    const { actor } = open([viewer, signedOut]);
    await waitFor(actor, (now) => now.matches('signedIn'));
    actor.send({ type: 'lost' });
    expect(actor.getSnapshot().context.viewer).toBeNull();
    await waitFor(actor, (now) => now.matches('signedOut'));
  });

  test('pauses when a server that knows the person says again at once that nobody is signed in', async () => {
    const { actor, clock } = open([viewer, viewer, viewer, viewer]);
    const signedIn = () => waitFor(actor, (now) => now.matches('signedIn'));
    const lose = () => actor.send({ type: 'lost' });
    await signedIn();
    lose();
    await signedIn();
    lose();
    expect(actor.getSnapshot()).toMatchObject({ value: 'unanswered', context: { trouble: { code: 'live-refused' } } });
    clock.increment(2_999);
    expect(actor.getSnapshot().value).toBe('unanswered');
    clock.increment(1);
    expect((await signedIn()).context.trouble).toBeNull();
    clock.increment(10_000);
    lose();
    expect(actor.getSnapshot().value).toBe('asking');
  });
});

describe('the code in what was pasted', () => {
  const code = 'admin.link_-4SuCTJhaWcmc9d_0ygPDCq4H7QOJLd';
  test.each([
    [`http://localhost:4000/sign-in?code=${code}`, code],
    [`  Sign in    http://localhost:4000/sign-in?code=${code} (works once)`, code],
    [`/sign-in?next=%2F&code=${code}#top`, code],
    [code, code],
    ['http://localhost:4000/', null],
    ['hello there', null],
    ['', null],
    ['/sign-in?code=%E0%A4%A', null],
  ])('%s', (pasted, expected) => {
    expect(signInCode(pasted)).toBe(expected);
  });
});
