import { onlineManager, QueryObserver } from '@tanstack/react-query';
import { afterEach, describe, expect, test } from 'vitest';
import { RequestFailed, unreachable } from '../src/shared/api/api.ts';
import { createQueryClient } from '../src/shared/api/queries.ts';

afterEach(() => onlineManager.setOnline(true));

describe('what the dashboard asks the server', () => {
  test('is asked without a network too, since the server may be on the same machine', async () => {
    onlineManager.setOnline(false);
    const client = createQueryClient();
    await expect(client.fetchQuery({ queryKey: ['a'], queryFn: async () => 'answer' })).resolves.toBe('answer');
    const observer = new QueryObserver(client, { queryKey: ['b'], queryFn: async () => 'answer' });
    const stop = observer.subscribe(() => {});
    expect(observer.getCurrentResult().fetchStatus).toBe('fetching');
    stop();
  });

  test('is not asked again when it was refused', () => {
    const { retry } = createQueryClient().getDefaultOptions().queries ?? {};
    if (typeof retry !== 'function') throw new Error('There is no rule for retries.');
    const refused = new RequestFailed({ code: 'not-found', message: 'No.', hint: null });
    expect(retry(0, refused)).toBe(false);
    expect([0, 1, 2].map((failures) => retry(failures, new RequestFailed(unreachable)))).toEqual([true, true, false]);
  });
});
