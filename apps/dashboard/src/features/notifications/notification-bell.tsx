import { Bell, BellRing, CheckCheck } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId, useState } from 'react';
import { Button, IconButton } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { PopoverWindow } from '../../shared/ui/popover.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { StillWaiting } from '../../shared/ui/still-waiting.tsx';
import { TroubleNote } from '../../shared/ui/trouble-note.tsx';
import { attempt } from '../../shared/ui/trouble-toast.ts';
import { NotificationList } from './notification-list.tsx';
import { NotificationSettings } from './notification-settings.tsx';
import type { NotificationsView } from './notifications-store.ts';
import { useNotifications, useNotificationsStore } from './use-notifications.ts';

/** The most that the badge counts; beyond it says "9+". */
const maxBadge = 9;

/** What happened to the builds of the signed-in person: a bell that counts what is unread, and the list behind it. */
export function NotificationBell() {
  const view = useNotifications();
  const [isOpen, setOpen] = useState(false);
  const titleId = useId();
  const unreadCount = view.status === 'known' ? view.unreadCount : 0;
  const countText = unreadCount > maxBadge ? `${maxBadge}+` : `${unreadCount}`;
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <IconButton
          label={unreadCount === 0 ? 'Notifications' : `Notifications, ${countText} unread`}
          kind="quiet"
          className="relative data-[state=open]:bg-panel-2 data-[state=open]:text-fg"
        >
          <Bell aria-hidden="true" />
          {unreadCount > 0 && <Badge>{countText}</Badge>}
        </IconButton>
      </Popover.Trigger>
      <PopoverWindow
        aria-labelledby={titleId}
        onOpenAutoFocus={focusOnNewest}
        className="flex max-h-[min(36rem,var(--radix-popover-content-available-height))] w-[calc(100vw-1rem)] flex-col overflow-hidden sm:w-104"
      >
        <PanelHead titleId={titleId} unreadCount={unreadCount} />
        <PanelBody view={view} onGone={() => setOpen(false)} />
        <div className="border-t border-line bg-panel px-4 py-3">
          <NotificationSettings />
        </div>
      </PopoverWindow>
    </Popover.Root>
  );
}

/** Without this it would be the button that marks all as read, and a second Enter would press it. */
function focusOnNewest(event: Event): void {
  if (!(event.target instanceof HTMLElement)) return;
  event.preventDefault();
  (event.target.querySelector<HTMLElement>('[data-main]') ?? event.target).focus();
}

function Badge({ children }: { readonly children: string }) {
  return (
    <span
      aria-hidden="true"
      className="absolute -top-0.5 -right-0.5 grid h-4.5 min-w-4.5 place-items-center rounded-full border-2 border-bg bg-accent px-1 text-[10px] leading-none font-semibold text-accent-fg tabular-nums"
    >
      {children}
    </span>
  );
}

function PanelHead({ titleId, unreadCount }: { readonly titleId: string; readonly unreadCount: number }) {
  const store = useNotificationsStore();
  return (
    <div className="flex min-h-12 items-center gap-2 border-b border-line py-1.5 pr-2 pl-4">
      <h2 id={titleId} className="text-sm font-semibold">
        Notifications
      </h2>
      <Button
        kind="quiet"
        size="small"
        className="ml-auto"
        // Not `disabled`, which would take the focus away when it was pressed.
        aria-disabled={unreadCount === 0 || undefined}
        onClick={() => unreadCount > 0 && attempt(store.readAll(), 'The notifications could not be marked as read.')}
      >
        <CheckCheck aria-hidden="true" />
        Mark all as read
      </Button>
    </div>
  );
}

function PanelBody({ view, onGone }: { readonly view: NotificationsView; readonly onGone: () => void }) {
  const store = useNotificationsStore();
  switch (view.status) {
    case 'loading':
      return (
        <div className="flex flex-col gap-3 p-4">
          <p className="sr-only">Loading your notifications…</p>
          <Skeleton className="h-12" />
          <Skeleton className="h-12" />
          <Skeleton className="h-12" />
          <StillWaiting />
        </div>
      );
    case 'refused':
      return (
        <div className="p-4">
          <TroubleNote trouble={view.trouble}>
            <Button size="small" onClick={store.retry}>
              Try again
            </Button>
          </TroubleNote>
        </div>
      );
    case 'known':
      if (view.notifications.length > 0) {
        return <NotificationList notifications={view.notifications} onGone={onGone} />;
      }
      return (
        <div className="overflow-y-auto">
          <EmptyState icon={BellRing} title="Nothing to tell yet">
            When a build is queued, starts or ends, it is told here, with a way to its preview or to what went wrong.
          </EmptyState>
        </div>
      );
    default:
      return view satisfies never;
  }
}
