import { keepPreviousData, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { api } from '../../shared/api/api.ts';
import { websitesQuery } from '../../shared/api/queries.ts';
import { useJobsStore } from '../../shared/jobs/jobs-context.ts';
import { after, refreshOnChange } from '../../shared/jobs/refresh-on-change.ts';
import { type QueueSearch, queueQuery } from './queue-search.ts';
import { createWebsiteWatch } from './unknown-websites.ts';

const queueKey = 'queue';

const queueOptions = (query: string) =>
  queryOptions({
    queryKey: [queueKey, query],
    queryFn: ({ signal }) => api.queue(signal, query),
    placeholderData: keepPreviousData,
  });

/** What only the server can count and page: builds that ended, and the statistics. The page before stays meanwhile. */
export function useQueue(search: QueueSearch) {
  return useQuery(queueOptions(queueQuery(search)));
}

export type QueueAnswer = ReturnType<typeof useQueue>;

/** Asks again when the live connection tells of a change; used once on the page. */
export function useQueueRefresh(): void {
  const store = useJobsStore();
  const client = useQueryClient();
  useEffect(() => {
    const hasNewWebsite = createWebsiteWatch();
    const filter = { queryKey: [queueKey], type: 'active' } as const;
    return refreshOnChange({
      store,
      refresh: () => {
        void client.invalidateQueries({ queryKey: [queueKey] });
        // Those that are being asked for will be all there are.
        const websites = client.getQueryState(websitesQuery.queryKey);
        const isOutdated = websites?.data !== undefined && hasNewWebsite(store.view(), websites.data.websites);
        if (isOutdated || websites?.status === 'error') {
          void client.invalidateQueries({ queryKey: websitesQuery.queryKey });
        }
      },
      isLacking: () =>
        client
          .getQueryCache()
          .findAll(filter)
          .some(({ state }) => state.status === 'error'),
      nowMs: () => performance.now(),
      setTimer: after,
    });
  }, [store, client]);
}
