import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api } from '../../shared/api/api.ts';
import type { Replay } from '../../shared/replay/replay-build.ts';
import type { BuildAt } from './build-at.ts';

/** Where this page cannot replay a build to its end, the server's word counts for how it stands now. */
export function useServerWord(build: BuildAt, replay: Replay): BuildAt {
  const { id, revision } = build.job;
  const isWanted = !replay.ok && build.isLive;
  const { data } = useQuery({
    // Else every moment that a slider passes would leave an entry behind.
    queryKey: ['job', id, isWanted ? revision : null],
    queryFn: ({ signal }) => api.job(id, signal),
    enabled: isWanted,
    placeholderData: keepPreviousData,
  });
  if (!isWanted || data === undefined) return build;
  const { steps, error, annotations, cancellation, deadLetter } = data;
  return {
    ...build,
    steps,
    failure: error === null ? null : { ...error, annotations },
    cancel: cancellation === null ? build.cancel : { by: null, reason: null, ...build.cancel, end: cancellation },
    setAside: deadLetter === null ? null : deadLetter.losses,
  };
}
