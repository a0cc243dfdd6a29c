import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;

/** What hangs shall fail, what is slow on a busy machine shall not: a little less than the runner's own limit. */
const PATIENCE_MS = 280_000;

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
