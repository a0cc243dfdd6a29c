import { Link } from '@tanstack/react-router';
import { Moon, PackageX, Search, Sun } from 'lucide-react';
import { ConnectionIndicator } from '../features/connection/connection-indicator.tsx';
import { NotificationBell } from '../features/notifications/notification-bell.tsx';
import { useDeadLetters, waitingCount } from '../shared/dead-letters/dead-letters.ts';
import { countText } from '../shared/format/quantities.ts';
import { switchTheme, useTheme } from '../shared/preferences/theme.ts';
import { canOperate } from '../shared/session/can-operate.ts';
import { useSession } from '../shared/session/session-context.ts';
import { Brand } from '../shared/ui/brand.tsx';
import { buttonClass, IconButton } from '../shared/ui/button.tsx';
import { Kbd } from '../shared/ui/kbd.tsx';
import { AccountMenu } from './account-menu.tsx';
import { loadCommands, type Overlay } from './overlays.tsx';
import { printedKeys } from './shortcuts/key-names.ts';

/** Around the bell, so that a key can press it. */
export const notificationsId = 'notifications';

/** The head of every page: where one can go, how it stands, and what is one's own. */
export function AppHeader({ onOpen }: { readonly onOpen: (overlay: Overlay) => void }) {
  return (
    <header className="sticky top-0 z-30 border-b border-line bg-bg/85 backdrop-blur">
      <div className="mx-auto flex h-14 max-w-[1480px] items-center gap-1 px-3 sm:gap-2 sm:px-4 md:px-6">
        <Link to="/" className="rounded-lg text-fg no-underline sm:mr-2">
          <Brand isCompact />
        </Link>
        <Pages />
        <div className="ml-auto flex min-w-0 items-center gap-1 sm:gap-2">
          <ConnectionIndicator />
          <SearchButton onOpen={() => onOpen('palette')} />
          <NotificationBellPlace />
          <ThemeSwitch />
          <AccountMenu onOpen={onOpen} />
        </div>
      </div>
    </header>
  );
}

const activePage = { className: 'bg-panel-2! text-fg!' } as const;

/** On a phone the picture at the left leads to the builds. */
function Pages() {
  const { viewer } = useSession();
  return (
    <nav aria-label="Pages" className="flex items-center gap-1">
      <Link
        to="/"
        activeOptions={{ exact: true, includeSearch: false }}
        className={`${buttonClass({ kind: 'quiet', size: 'small' })} max-sm:hidden`}
        activeProps={activePage}
      >
        Builds
      </Link>
      {canOperate(viewer) && <DeadLettersLink />}
    </nav>
  );
}

/** With how many of them wait for somebody to decide. */
function DeadLettersLink() {
  const { data } = useDeadLetters();
  const waiting = waitingCount(data?.deadLetters);
  return (
    <Link
      to="/dead-letters"
      className={`${buttonClass({ kind: 'quiet', size: 'small' })} relative max-sm:w-9 max-sm:px-0 pointer-coarse:max-sm:size-11`}
      activeProps={activePage}
    >
      <PackageX className="sm:hidden" aria-hidden="true" />
      <span className="max-sm:sr-only">Dead letters</span>
      {waiting > 0 && (
        <span className="rounded-full bg-bad-soft px-1.5 text-xs leading-5 font-semibold text-bad tabular-nums max-sm:absolute max-sm:top-0 max-sm:right-0 max-sm:min-w-4 max-sm:px-1 max-sm:text-center max-sm:text-[11px] max-sm:leading-4">
          {countText(waiting)}
          <span className="sr-only"> set aside</span>
        </span>
      )}
    </Link>
  );
}

function NotificationBellPlace() {
  return (
    <span id={notificationsId} className="contents">
      <NotificationBell />
    </span>
  );
}

/** Looks like a place to type, since typing is what comes next; on a phone it is an icon. */
function SearchButton({ onOpen }: { readonly onOpen: () => void }) {
  return (
    <button
      type="button"
      aria-keyshortcuts="Control+K Meta+K"
      className="inline-flex h-9 items-center gap-2 rounded-lg border border-transparent text-[13px] text-muted transition-colors hover:bg-panel-2 hover:text-fg max-md:size-9 max-md:justify-center md:w-32 md:border-line lg:w-56 md:bg-panel md:px-2.5 pointer-coarse:h-11 pointer-coarse:max-md:w-11"
      onPointerEnter={loadCommands}
      onFocus={loadCommands}
      onClick={onOpen}
    >
      <Search className="size-4 shrink-0" aria-hidden="true" />
      <span className="max-md:sr-only">Search…</span>
      <span className="sr-only">builds and commands</span>
      <span className="ml-auto flex gap-0.5 max-lg:hidden" aria-hidden="true">
        {printedKeys('mod+k').map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    </button>
  );
}

function ThemeSwitch() {
  const isDark = useTheme() === 'dark';
  return (
    <IconButton
      label={isDark ? 'Switch to the light theme' : 'Switch to the dark theme'}
      kind="quiet"
      className="max-sm:hidden"
      onClick={switchTheme}
    >
      {isDark ? <Sun aria-hidden="true" /> : <Moon aria-hidden="true" />}
    </IconButton>
  );
}
