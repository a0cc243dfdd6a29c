import { Outlet, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useConnection } from '../features/connection/connection-context.ts';
import { HealthBanner } from '../features/health/health-banner.tsx';
import { NotificationToasts } from '../features/notifications/notification-toasts.tsx';
import { switchTheme } from '../shared/preferences/theme.ts';
import { AppHeader, notificationsId } from './app-header.tsx';
import { NavigationProgress } from './navigation-progress.tsx';
import { type Overlay, Overlays } from './overlays.tsx';
import { PageAnnouncer } from './page-announcer.tsx';
import { focusPart, type PartOfBuilds } from './parts-of-pages.ts';
import type { ShellAction } from './shortcuts/shortcuts.ts';
import { useShortcuts } from './shortcuts/use-shortcuts.ts';

/** What surrounds every page. */
export function Shell() {
  const navigate = useNavigate();
  const [open, setOpen] = useState<Overlay | null>(null);
  const goToPart = (id: PartOfBuilds) => void (focusPart(id) || navigate({ to: '/', hash: id }));
  const act = (action: ShellAction): void => {
    switch (action) {
      case 'palette':
        setOpen(open === 'palette' ? null : 'palette');
        break;
      case 'shortcuts':
        setOpen('shortcuts');
        break;
      case 'builds':
        void navigate({ to: '/' });
        break;
      case 'deadLetters':
        void navigate({ to: '/dead-letters' });
        break;
      case 'upload':
        goToPart('upload-panel');
        break;
      case 'search':
        goToPart('queue-search');
        break;
      case 'notifications':
        document.getElementById(notificationsId)?.querySelector('button')?.click();
        break;
      case 'theme':
        switchTheme();
        break;
      default:
        action satisfies never;
    }
  };
  useShortcuts(act);
  return (
    <>
      <a
        href="#main"
        className="sr-only z-50 rounded-lg bg-accent px-4 py-2 text-accent-fg focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to the content
      </a>
      <NavigationProgress />
      <AppHeader onOpen={setOpen} />
      <StateOfTheSystem />
      <Outlet />
      <Overlays open={open} onChange={setOpen} onAction={act} />
      <NotificationToasts />
      <PageAnnouncer />
    </>
  );
}

/** A page that has lost the server says that, in its head, and nothing of the rest, which may be otherwise by now. */
function StateOfTheSystem() {
  const { mode } = useConnection().status;
  return <HealthBanner isHidden={mode === 'offline' || mode === 'stopped'} />;
}
