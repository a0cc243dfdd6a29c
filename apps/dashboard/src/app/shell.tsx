import { Link, Outlet } from '@tanstack/react-router';
import { NotificationBell } from '../features/notifications/notification-bell.tsx';
import { NotificationToasts } from '../features/notifications/notification-toasts.tsx';
import { Brand } from '../shared/ui/brand.tsx';

/** What surrounds every page. */
export function Shell() {
  return (
    <>
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-accent-fg focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-30 border-b border-line bg-bg/85 backdrop-blur">
        <div className="mx-auto flex h-14 max-w-[1480px] items-center gap-2 px-4 md:px-6">
          <Link to="/" className="rounded-lg text-fg no-underline">
            <Brand />
          </Link>
          <div className="ml-auto flex items-center gap-2">
            <NotificationBell />
          </div>
        </div>
      </header>
      <Outlet />
      <NotificationToasts />
    </>
  );
}
