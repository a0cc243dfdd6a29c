import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { JobSummary } from '@yardmaster/protocol';
import { CommandPalette, CommandSearch } from '../features/command-palette/command-palette.tsx';
import { cancelButtonId } from '../features/job/cancel-button-id.ts';
import { jobQuery } from '../shared/api/queries.ts';
import { isWaiting, useDeadLetters } from '../shared/dead-letters/dead-letters.ts';
import { releaseButtonId } from '../shared/dead-letters/release-button.tsx';
import { useJobs } from '../shared/jobs/jobs-context.ts';
import { useBuildActions } from '../shared/jobs/use-build-actions.ts';
import { useSession } from '../shared/session/session-context.ts';
import { type CommandActions, commandGroups, searchCommand } from './command-lists.tsx';
import type { OverlayProps } from './overlays.tsx';

/** The most builds that are offered by name; all others are a search away. */
const maxBuilds = 100;

/** The palette with everything that can be done from here. */
export function Commands(props: OverlayProps) {
  const actions = useActions(props);
  return (
    <CommandPalette isOpen={props.isOpen} onClose={props.onClose}>
      <CommandsFromHere actions={actions} />
    </CommandPalette>
  );
}

function CommandsFromHere({ actions }: { readonly actions: CommandActions }) {
  const { active, ended } = useJobs();
  const builds = [...active, ...ended].slice(0, maxBuilds);
  const { at } = useSearch({ strict: false });
  const here = useBuildHere(builds);
  const { viewer } = useSession();
  const { data } = useDeadLetters();
  const mayRelease = data?.deadLetters.some((letter) => letter.jobId === here?.id && isWaiting(letter)) ?? false;
  return (
    <CommandSearch
      groups={commandGroups({ here, isPast: at !== undefined, builds, viewer, mayRelease }, actions)}
      forText={(text) => searchCommand(text, actions)}
    />
  );
}

/** The build whose page this is; an older one is not among those that are followed, and is asked for. */
function useBuildHere(builds: readonly JobSummary[]): JobSummary | null {
  const { jobId } = useParams({ strict: false });
  const followed = builds.find(({ id }) => id === jobId);
  const isUnknown = jobId !== undefined && followed === undefined;
  const { data } = useQuery({ ...jobQuery(jobId ?? ''), enabled: isUnknown });
  return followed ?? (isUnknown ? (data ?? null) : null);
}

function useActions({ onOpen, onAction }: OverlayProps): CommandActions {
  const navigate = useNavigate();
  const { signOut } = useSession();
  const openBuild = (jobId: string) => void navigate({ to: '/jobs/$jobId', params: { jobId } });
  const { retry } = useBuildActions({ onRetried: openBuild });
  return {
    shell: onAction,
    openBuild,
    showBuilds: (search) => void navigate({ to: '/', search }),
    backToLive: () => void navigate({ to: '.', search: ({ at: _, ...search }) => search }),
    askToCancel: () => document.getElementById(cancelButtonId)?.click(),
    askToRelease: () => document.getElementById(releaseButtonId)?.click(),
    retry: (job) => retry.mutate(job),
    openPreview: (url) => void window.open(url, '_blank', 'noopener'),
    openPreferences: () => onOpen('preferences'),
    signOut,
  };
}
