import { finalStatuses } from '@yardmaster/domain';
import type { JobSummary } from '@yardmaster/protocol';
import {
  Bell,
  CircleX,
  ExternalLink,
  Eye,
  Keyboard,
  ListChecks,
  LogOut,
  type LucideIcon,
  PackageOpen,
  PackageX,
  Radio,
  RotateCw,
  Search,
  Settings2,
  Square,
  SunMoon,
  Timer,
  Upload,
} from 'lucide-react';
import type { Command, CommandGroup } from '../features/command-palette/rank-commands.ts';
import type { QueueSearch } from '../features/queue/queue-search.ts';
import type { Viewer } from '../shared/api/api.ts';
import { isWebAddress } from '../shared/format/web-address.ts';
import { displayOf } from '../shared/jobs/job-display.ts';
import { canOperate } from '../shared/session/can-operate.ts';
import { StatusIcon } from '../shared/ui/status-badge.tsx';
import { printedKeys } from './shortcuts/key-names.ts';
import { type ShellAction, shellShortcutsFor } from './shortcuts/shortcuts.ts';

/** What commands do, as the shell can do it. */
export interface CommandActions {
  readonly shell: (action: ShellAction) => void;
  readonly openBuild: (jobId: string) => void;
  readonly showBuilds: (search: QueueSearch) => void;
  readonly backToLive: () => void;
  /** Asks first, as the page of the build does. */
  readonly askToCancel: () => void;
  readonly askToRelease: () => void;
  readonly retry: (job: JobSummary) => void;
  readonly openPreview: (url: string) => void;
  readonly openPreferences: () => void;
  readonly signOut: () => void;
}

interface CommandState {
  /** The build whose page this is. */
  readonly here: JobSummary | null;
  /** Whether that page shows a moment of the past. */
  readonly isPast: boolean;
  readonly builds: readonly JobSummary[];
  readonly viewer: Pick<Viewer, 'role'>;
  /** Whether the build whose page this is waits to be released by them. */
  readonly mayRelease: boolean;
}

/** Everything that can be done from here, what is nearest first. */
export function commandGroups(
  { here, isPast, builds, viewer, mayRelease }: CommandState,
  actions: CommandActions,
): CommandGroup[] {
  const groups = [
    { title: 'This build', commands: here === null ? [] : commandsFor({ job: here, isPast, mayRelease }, actions) },
    { title: 'Go to', commands: goCommands(viewer, actions) },
    { title: 'Builds', commands: builds.filter(({ id }) => id !== here?.id).map((job) => openCommand(job, actions)) },
    { title: 'Filters', commands: filterCommands(actions) },
    { title: 'Yours', commands: ownCommands(viewer, actions) },
  ];
  return groups.filter(({ commands }) => commands.length > 0);
}

/** For a text that is nobody's name: looks for it among all builds, those that are not on this page too. */
export function searchCommand(text: string, { showBuilds }: CommandActions): Command {
  return {
    id: 'search',
    label: `Find all builds with “${text}”`,
    icon: icon(Search),
    run: () => showBuilds({ q: text }),
  };
}

interface Here extends Pick<CommandState, 'isPast' | 'mayRelease'> {
  readonly job: JobSummary;
}

function commandsFor({ job, isPast, mayRelease }: Here, actions: CommandActions): Command[] {
  // As on its page: nothing can be done about the past.
  if (isPast) return [{ id: 'live', label: 'Back to live', icon: icon(Radio), run: actions.backToLive }];
  const { previewUrl } = job;
  const commands: Command[] = [];
  if (isWebAddress(previewUrl)) {
    const run = () => actions.openPreview(previewUrl);
    commands.push({ id: 'preview', label: 'Open the preview', icon: icon(ExternalLink), run });
  }
  if (mayRelease) {
    commands.push({
      id: 'release',
      label: 'Release as a new build…',
      keywords: ['dead letter', 'again', 'retry'],
      icon: icon(PackageOpen),
      run: actions.askToRelease,
    });
  } else if (finalStatuses.has(job.status)) {
    const label = job.status === 'completed' ? 'Rebuild' : 'Retry';
    commands.push({
      id: 'retry',
      label,
      keywords: ['again', 'rerun', 'retry'],
      icon: icon(RotateCw),
      run: () => actions.retry(job),
    });
  }
  if (displayOf(job).canCancel) {
    commands.push({
      id: 'cancel',
      label: 'Cancel this build…',
      keywords: ['stop', 'abort'],
      icon: icon(Square),
      run: actions.askToCancel,
    });
  }
  return commands;
}

function openCommand(job: JobSummary, { openBuild }: CommandActions): Command {
  const { tone, status } = displayOf(job);
  return {
    id: `build-${job.id}`,
    label: job.websiteName,
    detail: `#${job.buildNumber} · ${status}`,
    icon: <StatusIcon tone={tone} className="size-4" />,
    run: () => openBuild(job.id),
  };
}

function goCommands(viewer: CommandState['viewer'], { shell }: CommandActions): Command[] {
  const command = shellCommands(viewer, shell);
  const deadLetters = ['failed', 'poison', 'set aside', 'release'];
  return [
    command('builds', { label: 'Builds', keywords: ['queue', 'home', 'all'], icon: ListChecks }),
    ...(canOperate(viewer)
      ? [command('deadLetters', { label: 'Dead letters', keywords: deadLetters, icon: PackageX })]
      : []),
    command('upload', { label: 'Upload a project', keywords: ['deploy', 'new build'], icon: Upload }),
    command('search', { label: 'Search builds', keywords: ['filter', 'find'], icon: Search }),
    command('notifications', { label: 'Notifications', keywords: ['bell', 'news'], icon: Bell }),
  ];
}

function filterCommands({ showBuilds }: CommandActions): Command[] {
  const show = (id: string, label: string, Icon: LucideIcon, search: QueueSearch): Command => ({
    id,
    label,
    keywords: ['filter', 'status'],
    icon: icon(Icon),
    run: () => showBuilds(search),
  });
  return [
    show('failed', 'Show failed builds', CircleX, { status: ['failed'] }),
    show('waiting', 'Show waiting builds', Timer, { status: ['pending', 'queued'] }),
    show('everything', 'Show all builds', Eye, {}),
  ];
}

function ownCommands(viewer: CommandState['viewer'], { shell, openPreferences, signOut }: CommandActions): Command[] {
  const command = shellCommands(viewer, shell);
  return [
    command('theme', {
      label: 'Switch between light and dark',
      keywords: ['theme', 'mode', 'appearance', 'colour'],
      icon: SunMoon,
    }),
    {
      id: 'preferences',
      label: 'Preferences',
      keywords: ['settings', 'theme', 'sound', 'options'],
      icon: icon(Settings2),
      run: openPreferences,
    },
    command('shortcuts', { label: 'Keyboard shortcuts', keywords: ['help', 'keys'], icon: Keyboard }),
    { id: 'sign-out', label: 'Sign out', keywords: ['log out', 'leave'], icon: icon(LogOut), run: signOut },
  ];
}

interface ShellCommand {
  readonly label: string;
  readonly keywords: readonly string[];
  readonly icon: LucideIcon;
}

/** Makes commands that do what a key does, and say which. */
function shellCommands(viewer: CommandState['viewer'], shell: CommandActions['shell']) {
  const shortcuts = shellShortcutsFor(viewer);
  return (action: ShellAction, { label, keywords, icon: Icon }: ShellCommand): Command => {
    const keys = shortcuts.find((shortcut) => shortcut.action === action)?.keys ?? [];
    return { id: action, label, keywords, icon: icon(Icon), keys: keys.flatMap(printedKeys), run: () => shell(action) };
  };
}

const icon = (Icon: LucideIcon) => <Icon className="text-muted" aria-hidden="true" />;
