import { createContext, use, useSyncExternalStore } from 'react';
import type { JobsStore, JobsView } from './jobs-store.ts';

export const JobsContext = createContext<JobsStore | null>(null);

export function useJobsStore(): JobsStore {
  const store = use(JobsContext);
  if (store === null) throw new Error('There is no store of builds around this component.');
  return store;
}

/** The signed-in person's builds: all that are under way, and the last ones that ended. Changes four times a second. */
export function useJobs(): JobsView {
  const store = useJobsStore();
  return useSyncExternalStore(store.subscribe, store.view);
}

/**
 * One thing about the builds, such as how many wait. A component draws anew only when it changes, so `select` has to
 * return a plain value or something that the view itself holds.
 */
export function useJobsValue<Value>(select: (view: JobsView) => Value): Value {
  const store = useJobsStore();
  return useSyncExternalStore(store.subscribe, () => select(store.view()));
}
