import { QueryClient, queryOptions } from '@tanstack/react-query';
import { api, RequestFailed } from './api.ts';

const maxRetries = 2;

/** Answers are kept while they are shown; what is live comes by the live connection and not by asking again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        refetchOnWindowFocus: false,
        // A browser without a network still reaches a server on its own machine.
        networkMode: 'always',
        // Only an answer that never came is worth another try: a refusal would be the same again.
        retry: (failures, error) =>
          failures < maxRetries && error instanceof RequestFailed && error.trouble.code === 'unreachable',
      },
      mutations: { networkMode: 'always' },
    },
  });
}

/** Everything that the person has built from. */
export const websitesQuery = queryOptions({ queryKey: ['websites'], queryFn: ({ signal }) => api.websites(signal) });

export const jobQuery = (jobId: string) =>
  queryOptions({ queryKey: ['job', jobId], queryFn: ({ signal }) => api.job(jobId, signal) });
