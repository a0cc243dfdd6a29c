/** Whether somebody is meant to answer uploads at all; while not, nobody is asked. */
export interface Availability {
  isMeant(): boolean;
  /** Changes with every pause: what was under way across one says nothing. */
  epoch(): number;
  /** Begins a pause; call what it returns to end it. Pauses may overlap. */
  pause(): () => void;
  pausedMs(): number;
  pauses(): number;
  /** Resolves at once, or when the last pause ends. */
  whenMeant(): Promise<void>;
}

export function createAvailability(): Availability {
  let open = 0;
  let epoch = 0;
  let pauses = 0;
  let pausedMs = 0;
  let beganMs = 0;
  let waiting = Promise.withResolvers<void>();
  return {
    isMeant: () => open === 0,
    epoch: () => epoch,
    pause() {
      if (open === 0) beganMs = performance.now();
      open += 1;
      epoch += 1;
      pauses += 1;
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        open -= 1;
        if (open > 0) return;
        pausedMs += performance.now() - beganMs;
        waiting.resolve();
        waiting = Promise.withResolvers();
      };
    },
    pausedMs: () => pausedMs,
    pauses: () => pauses,
    whenMeant: async () => {
      while (open > 0) await waiting.promise;
    },
  };
}
