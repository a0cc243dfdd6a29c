import { useMemo, useSyncExternalStore } from 'react';
import { api } from '../api/api.ts';
import { after } from '../jobs/refresh-on-change.ts';
import { useLive } from '../live/live.ts';
import { createBuildFollower, type FollowedBuild } from './build-follower.ts';

export type { FollowedBuild } from './build-follower.ts';

/** A page in the background is not painted; it takes in what happened this often, in milliseconds. */
const unpaintedIntervalMs = 1_000;

/** Follows one build live: its summary, and its history replayed by the machine. Changes at most once per painted picture. */
export function useReplay(jobId: string): FollowedBuild {
  const live = useLive();
  const follower = useMemo(
    () =>
      createBuildFollower({
        live,
        jobId,
        fetchBuild: (signal) => fetchBuild(jobId, signal),
        beforeNextPaint,
        setTimer: after,
      }),
    [live, jobId],
  );
  return useSyncExternalStore(follower.subscribe, follower.view);
}

/** The events are asked for first, so that the summary is never the older of the two. */
async function fetchBuild(jobId: string, signal: AbortSignal) {
  const events = await api.events(jobId, signal);
  return { events, job: await api.job(jobId, signal) };
}

function beforeNextPaint(callback: () => void): () => void {
  const timer = setTimeout(run, unpaintedIntervalMs);
  const frame = requestAnimationFrame(run);
  return callOff;

  function run(): void {
    callOff();
    callback();
  }

  function callOff(): void {
    clearTimeout(timer);
    cancelAnimationFrame(frame);
  }
}
