import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/** Generous, since the machine may be busy with anything: what hangs shall fail, what is slow shall not. */
export const PATIENCE_MS = 180_000;

/** Asks again and again until there is an answer that is not null; fails after a long time, saying what was awaited. */
export async function until<Answer>(what: string, ask: () => Answer | null | Promise<Answer | null>): Promise<Answer> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${PATIENCE_MS / 1000} s in vain until ${what}.`);
    await delay(POLL_MS);
  }
}
