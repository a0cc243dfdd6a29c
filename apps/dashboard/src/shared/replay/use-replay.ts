import type { JobSummary, ServerFrame } from '@yardmaster/protocol';
import { useEffect, useState } from 'react';
import { useLive } from '../live/live.ts';
import { continueReplay, emptyReplay, type Replay } from './replay-build.ts';

/** A build with its whole history, as far as it is known by now. */
export type FollowedBuild =
  | { readonly status: 'loading' }
  | { readonly status: 'refused'; readonly message: string }
  | { readonly status: 'known'; readonly job: JobSummary; readonly replay: Replay };

/** Follows one build live: its summary, and its history replayed by the machine. */
export function useReplay(jobId: string): FollowedBuild {
  const live = useLive();
  const [followed, setFollowed] = useState<FollowedBuild>({ status: 'loading' });
  useEffect(() => {
    setFollowed({ status: 'loading' });
    return live.follow(`job:${jobId}`, {
      snapshot: (frame) => setFollowed((before) => withFrame(before, frame)),
      update: (frame) => setFollowed((before) => withFrame(before, frame)),
      refused: ({ message }) => setFollowed({ status: 'refused', message: message ?? 'There is no such build.' }),
    });
  }, [live, jobId]);
  return followed;
}

function withFrame(before: FollowedBuild, { job, events = [] }: ServerFrame): FollowedBuild {
  if (job === undefined) return before;
  const replay = continueReplay(before.status === 'known' ? before.replay : emptyReplay, events);
  return { status: 'known', job: newest(before, job), replay };
}

/** An answer to a poll may arrive after something newer. */
function newest(before: FollowedBuild, job: JobSummary): JobSummary {
  return before.status === 'known' && before.job.revision > job.revision ? before.job : job;
}
