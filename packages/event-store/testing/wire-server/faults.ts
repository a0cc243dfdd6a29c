import { status } from '@grpc/grpc-js';
import { shuttingDown, statusError } from './status.ts';

/** What a test does to a server, on purpose. */
export interface Faults {
  /** Writes the next append, but breaks off instead of answering it. */
  loseNextAnswer(): void;
  /** Begins no call until the returned function is called. Calls under way go on. */
  holdCalls(): () => void;
  /** Does what it is asked to, but answers nothing until the returned function is called; reads are held whole. */
  holdAnswers(): () => void;
  /** Breaks off every subscription and no other call: unavailable, unless another status is given. */
  breakSubscriptions(code?: status): void;
}

/** The side of {@link Faults} that the server asks. Gates throw when the server ends. */
export interface FaultGates {
  beforeCall(): Promise<void>;
  beforeAnswer(): Promise<void>;
  /** Before the answer to an append; throws when it is to be lost. */
  beforeAppendAnswer(): Promise<void>;
  /** Those that are open: the server adds them and takes them out. */
  readonly subscriptions: Set<AbortController>;
}

export function createFaults(ending: AbortSignal): { readonly faults: Faults; readonly gates: FaultGates } {
  const calls = createGate(ending);
  const answers = createGate(ending);
  let losesNextAnswer = false;
  const subscriptions = new Set<AbortController>();
  return {
    faults: {
      loseNextAnswer() {
        losesNextAnswer = true;
      },
      holdCalls: calls.hold,
      holdAnswers: answers.hold,
      breakSubscriptions(code = status.UNAVAILABLE) {
        for (const one of subscriptions) one.abort(statusError(code, 'The subscription was broken off.'));
      },
    },
    gates: {
      beforeCall: calls.pass,
      beforeAnswer: answers.pass,
      async beforeAppendAnswer() {
        await answers.pass();
        if (!losesNextAnswer) return;
        losesNextAnswer = false;
        throw statusError(status.UNAVAILABLE, 'The answer was lost.');
      },
      subscriptions,
    },
  };
}

function createGate(ending: AbortSignal) {
  let opened: PromiseWithResolvers<void> | undefined;
  ending.addEventListener('abort', () => opened?.reject(shuttingDown()));
  return {
    hold(): () => void {
      const gate = opened ?? Promise.withResolvers<void>();
      // Nobody may be waiting when the server ends.
      gate.promise.catch(() => undefined);
      opened = gate;
      return () => {
        opened = undefined;
        gate.resolve();
      };
    },
    async pass(): Promise<void> {
      await opened?.promise;
    },
  };
}
