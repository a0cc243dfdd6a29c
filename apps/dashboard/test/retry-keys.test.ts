import { afterEach, describe, expect, test, vi } from 'vitest';
import { api, RequestFailed, unreachable } from '../src/shared/api/api.ts';
import { createRetryKeys, doubleClickMs, unansweredKeyLifeMs } from '../src/shared/jobs/retry-keys.ts';

/** Retries whose answers and time are in the test's hands; `sent` has the key of each request. */
function retriesByHand() {
  let nowMs = 0;
  let made = 0;
  const sent: string[] = [];
  const keys = createRetryKeys({ newKey: () => `key-${++made}`, nowMs: () => nowMs });
  return {
    sent,
    elapse(ms: number) {
      nowMs += ms;
    },
    /** A click; returns how it is answered. */
    click(jobId = 'a') {
      const answer = Promise.withResolvers<string>();
      const done = keys.retry(jobId, (key) => {
        sent.push(key);
        return answer.promise;
      });
      return {
        answered() {
          answer.resolve('started');
          return done;
        },
        timedOut() {
          answer.reject(new RequestFailed(unreachable));
          return done.catch(() => {});
        },
      };
    },
  };
}

describe('the key of a retry', () => {
  test('is the same for a second click, before the first was answered and right after it', async () => {
    const { click, sent, elapse } = retriesByHand();
    const first = click();
    const second = click();
    await first.answered();
    elapse(doubleClickMs - 1);
    void click();
    await second.answered();
    expect(sent).toEqual(['key-1', 'key-1', 'key-1']);
  });

  test('is kept after a timeout, until a retry was answered', async () => {
    const { click, sent, elapse } = retriesByHand();
    await click().timedOut();
    elapse(30_000);
    await click().timedOut();
    elapse(30_000);
    await click().answered();
    elapse(doubleClickMs);
    void click();
    expect(sent).toEqual(['key-1', 'key-1', 'key-1', 'key-2']);
  });

  test('is a new one for a retry after an answered one, also when the answer to another click is late', async () => {
    const { click, sent, elapse } = retriesByHand();
    const first = click();
    const late = click();
    await first.answered();
    elapse(doubleClickMs);
    const third = click();
    await late.answered();
    elapse(doubleClickMs);
    void click();
    await third.answered();
    expect(sent).toEqual(['key-1', 'key-1', 'key-2', 'key-2']);
  });

  test('is forgotten when nobody asked again for long: then another build is wanted', async () => {
    const { click, sent, elapse } = retriesByHand();
    await click().timedOut();
    elapse(unansweredKeyLifeMs);
    void click();
    expect(sent).toEqual(['key-1', 'key-2']);
  });

  test('is each build’s own', () => {
    const { click, sent } = retriesByHand();
    void click('a');
    void click('b');
    expect(sent).toEqual(['key-1', 'key-2']);
  });
});

describe('the request of a retry', () => {
  afterEach(() => void vi.unstubAllGlobals());

  test('carries its key to the server', async () => {
    const fetch = vi.fn(async () => Response.json({ success: true, jobId: 'b', queuePosition: null }, { status: 202 }));
    vi.stubGlobal('fetch', fetch);
    await expect(api.retry('a', 'key-1')).resolves.toMatchObject({ jobId: 'b' });
    expect(fetch).toHaveBeenCalledExactlyOnceWith(
      '/api/website-builder/jobs/a/retry',
      expect.objectContaining({ method: 'POST', headers: { 'Idempotency-Key': 'key-1' } }),
    );
  });
});
