/** A second click of a double click may come when the first one was answered already. */
export const doubleClickMs = 1_000;
/** When nobody can tell any more whether a build was started: who asks after so long wants another one. */
export const unansweredKeyLifeMs = 10 * 60_000;

export interface RetryKeys {
  /** Sends a retry of the build under the key that it has for now. */
  retry<Answer>(jobId: string, send: (key: string) => Promise<Answer>): Promise<Answer>;
}

export interface RetryKeysParts {
  readonly newKey: () => string;
  readonly nowMs: () => number;
}

/**
 * Each build's key for the next retry. Under one key the server starts one build, however often it is asked, so the key
 * is kept until a retry has succeeded: a click after a timeout finds the build that may have been started. What was
 * refused has made nothing, and may go on with its key.
 */
export function createRetryKeys({ newKey, nowMs }: RetryKeysParts): RetryKeys {
  const entries = new Map<string, { readonly key: string; untilMs: number }>();
  return {
    async retry(jobId, send) {
      for (const [id, { untilMs }] of entries) if (untilMs <= nowMs()) entries.delete(id);
      const entry = entries.get(jobId) ?? { key: newKey(), untilMs: nowMs() + unansweredKeyLifeMs };
      entries.set(jobId, entry);
      const answer = await send(entry.key);
      entry.untilMs = Math.min(entry.untilMs, nowMs() + doubleClickMs);
      return answer;
    },
  };
}
