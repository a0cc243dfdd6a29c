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
import { isWebAddress } from '../shared/format/web-address.ts';
import { displayOf } from '../shared/jobs/job-display.ts';
import { StatusIcon } from '../shared/ui/status-badge.tsx';
import { printedKeys } from './shortcuts/key-names.ts';
import { type ShellAction, shellShortcuts } from './shortcuts/shortcuts.ts';

/** What commands do, as the shell can do it. */
export interface CommandActions {
  readonly shell: (action: ShellAction) => void;
  readonly openBuild: (jobId: string) => void;
  readonly showBuilds: (search: QueueSearch) => void;
  readonly backToLive: () => void;
  /** Asks first, as the page of the build does. */
  readonly askToCancel: () => void;
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
}

/** Everything that can be done from here, what is nearest first. */
export function commandGroups({ here, isPast, builds }: CommandState, actions: CommandActions): CommandGroup[] {
  const groups = [
    { title: 'This build', commands: here === null ? [] : commandsFor(here, isPast, actions) },
    { title: 'Go to', commands: goCommands(actions) },
    { title: 'Builds', commands: builds.filter(({ id }) => id !== here?.id).map((job) => openCommand(job, actions)) },
    { title: 'Filters', commands: filterCommands(actions) },
    { title: 'Yours', commands: ownCommands(actions) },
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

function commandsFor(job: JobSummary, isPast: boolean, actions: CommandActions): Command[] {
  // As on its page: nothing can be done about the past.
  if (isPast) return [{ id: 'live', label: 'Back to live', icon: icon(Radio), run: actions.backToLive }];
  const { previewUrl } = job;
  const commands: Command[] = [];
  if (isWebAddress(previewUrl)) {
    const run = () => actions.openPreview(previewUrl);
    commands.push({ id: 'preview', label: 'Open the preview', icon: icon(ExternalLink), run });
  }
  if (finalStatuses.has(job.status)) {
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

function goCommands({ shell }: CommandActions): Command[] {
  return [
    shellCommand('builds', { label: 'Builds', keywords: ['queue', 'home', 'all'], icon: ListChecks, shell }),
    shellCommand('upload', { label: 'Upload a project', keywords: ['deploy', 'new build'], icon: Upload, shell }),
    shellCommand('search', { label: 'Search builds', keywords: ['filter', 'find'], icon: Search, shell }),
    shellCommand('notifications', { label: 'Notifications', keywords: ['bell', 'news'], icon: Bell, shell }),
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

function ownCommands({ shell, openPreferences, signOut }: CommandActions): Command[] {
  return [
    shellCommand('theme', {
      label: 'Switch between light and dark',
      keywords: ['theme', 'mode', 'appearance', 'colour'],
      icon: SunMoon,
      shell,
    }),
    {
      id: 'preferences',
      label: 'Preferences',
      keywords: ['settings', 'theme', 'sound', 'options'],
      icon: icon(Settings2),
      run: openPreferences,
    },
    shellCommand('shortcuts', { label: 'Keyboard shortcuts', keywords: ['help', 'keys'], icon: Keyboard, shell }),
    { id: 'sign-out', label: 'Sign out', keywords: ['log out', 'leave'], icon: icon(LogOut), run: signOut },
  ];
}

interface ShellCommand {
  readonly label: string;
  readonly keywords: readonly string[];
  readonly icon: LucideIcon;
  readonly shell: (action: ShellAction) => void;
}

function shellCommand(action: ShellAction, { label, keywords, icon: Icon, shell }: ShellCommand): Command {
  const keys = shellShortcuts.find((shortcut) => shortcut.action === action)?.keys ?? [];
  return { id: action, label, keywords, icon: icon(Icon), keys: keys.flatMap(printedKeys), run: () => shell(action) };
}

const icon = (Icon: LucideIcon) => <Icon className="text-muted" aria-hidden="true" />;
