import { Link } from '@tanstack/react-router';
import { Moon, Search, Sun } from 'lucide-react';
import { ConnectionIndicator } from '../features/connection/connection-indicator.tsx';
import { NotificationBell } from '../features/notifications/notification-bell.tsx';
import { switchTheme, useTheme } from '../shared/preferences/theme.ts';
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
        <nav aria-label="Pages" className="max-sm:hidden">
          <Link
            to="/"
            activeOptions={{ exact: true, includeSearch: false }}
            className={buttonClass({ kind: 'quiet', size: 'small' })}
            activeProps={{ className: 'bg-panel-2! text-fg!' }}
          >
            Builds
          </Link>
        </nav>
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
      className="inline-flex h-9 items-center gap-2 rounded-lg border border-transparent text-[13px] text-muted transition-colors hover:bg-panel-2 hover:text-fg max-md:size-9 max-md:justify-center md:w-56 md:border-line md:bg-panel md:px-2.5 pointer-coarse:h-11 pointer-coarse:max-md:w-11"
      onPointerEnter={loadCommands}
      onFocus={loadCommands}
      onClick={onOpen}
    >
      <Search className="size-4 shrink-0" aria-hidden="true" />
      <span className="max-md:sr-only">Search…</span>
      <span className="sr-only">builds and commands</span>
      <span className="ml-auto flex gap-0.5 max-md:hidden" aria-hidden="true">
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
