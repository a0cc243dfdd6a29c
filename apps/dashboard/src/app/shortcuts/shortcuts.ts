import type { Viewer } from '../../shared/api/api.ts';
import { canOperate } from '../../shared/session/can-operate.ts';

/** What the shell does for a key. */
export type ShellAction =
  | 'palette'
  | 'shortcuts'
  | 'builds'
  | 'deadLetters'
  | 'upload'
  | 'search'
  | 'notifications'
  | 'theme';

export interface Shortcut {
  /**
   * One key, or several that are pressed one after the other: the character it types in lower case, `space`, or
   * `mod+k`, where `mod` is ⌘ on a Mac and Ctrl elsewhere.
   */
  readonly keys: readonly string[];
  readonly label: string;
  /** Null when the key belongs to something on the page, which has it as `data-shortcut` or handles it itself. */
  readonly action: ShellAction | null;
  /** For operators and administrators, who are shown it and whose keyboard follows it. */
  readonly isForOperators?: true;
}

export interface ShortcutGroup {
  readonly title: string;
  readonly shortcuts: readonly Shortcut[];
}

/** Every shortcut of the dashboard: the keyboard follows this list, and the help shows it. */
export const shortcutGroups: readonly ShortcutGroup[] = [
  {
    title: 'Everywhere',
    shortcuts: [
      { keys: ['mod+k'], label: 'Search and commands', action: 'palette' },
      { keys: ['?'], label: 'Keyboard shortcuts', action: 'shortcuts' },
      { keys: ['g', 'b'], label: 'Go to the builds', action: 'builds' },
      { keys: ['g', 'd'], label: 'Go to the dead letters', action: 'deadLetters', isForOperators: true },
      { keys: ['u'], label: 'Upload a project', action: 'upload' },
      { keys: ['/'], label: 'Search builds', action: 'search' },
      { keys: ['n'], label: 'Notifications', action: 'notifications' },
      { keys: ['t'], label: 'Light or dark theme', action: 'theme' },
      { keys: ['escape'], label: 'Close what is open', action: null },
    ],
  },
  {
    title: 'A build',
    shortcuts: [
      { keys: ['space'], label: 'Play its history, or stop', action: null },
      { keys: [','], label: 'One event back', action: null },
      { keys: ['.'], label: 'One event on', action: null },
      { keys: ['l'], label: 'Back to live', action: null },
      { keys: ['s'], label: 'Search the log', action: null },
      { keys: ['f'], label: 'Follow the log', action: null },
    ],
  },
];

/** Those that somebody can use. */
export function shortcutGroupsFor(viewer: Pick<Viewer, 'role'>): readonly ShortcutGroup[] {
  const isTheirs = ({ isForOperators }: Shortcut) => isForOperators !== true || canOperate(viewer);
  return shortcutGroups.map((group) => ({ ...group, shortcuts: group.shortcuts.filter(isTheirs) }));
}

/** Those that the shell answers. */
export const shellShortcutsFor = (viewer: Pick<Viewer, 'role'>): readonly Shortcut[] =>
  shortcutGroupsFor(viewer)
    .flatMap(({ shortcuts }) => shortcuts)
    .filter(({ action }) => action !== null);
