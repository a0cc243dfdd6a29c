import { Link } from '@tanstack/react-router';
import type { Notification } from '@yardmaster/protocol';
import { Check, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { agoText } from '../../shared/format/quantities.ts';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';
import { useNow } from '../../shared/ui/use-now.ts';
import { displayOfType } from './notification-display.ts';

interface NotificationRowProps {
  readonly notification: Notification;
  /** The one that the Tab key leads to. */
  readonly isChosen: boolean;
  readonly onFocus: () => void;
  /** The person goes to the build. */
  readonly onOpen: () => void;
  readonly onRead: () => void;
  readonly onRemove: () => void;
}

/** The whole row leads to the build; what else can be done lies above it, and shows when the row is pointed at. */
export function NotificationRow({ notification, isChosen, onFocus, onOpen, onRead, onRemove }: NotificationRowProps) {
  const { type, title, message, read, createdAt, jobId } = notification;
  const { Icon, iconClass } = displayOfType(type);
  const nowMs = useNow();
  const tabIndex = isChosen ? 0 : -1;
  return (
    <li
      onFocus={onFocus}
      className="group relative flex gap-3 border-b border-line px-4 py-3 last:border-0 hover:bg-panel-2 has-[[data-main]:focus-visible]:bg-panel-2"
    >
      {!read && <span aria-hidden="true" className="absolute top-5 left-1.5 size-1.5 rounded-full bg-accent" />}
      <Icon className={`mt-0.5 size-4.5 shrink-0 ${iconClass}`} aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <Link
          to="/jobs/$jobId"
          params={{ jobId }}
          data-main=""
          tabIndex={tabIndex}
          aria-keyshortcuts="Delete"
          onClick={onOpen}
          className="block text-fg no-underline outline-none after:absolute after:inset-0 after:rounded-md focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
        >
          <span className="flex items-baseline gap-2">
            {!read && <span className="sr-only">Unread:</span>}
            <span className={`min-w-0 truncate ${read ? '' : 'font-semibold'}`}>{title}</span>
            <time
              dateTime={createdAt}
              title={new Date(createdAt).toLocaleString()}
              className="ml-auto shrink-0 text-xs text-muted tabular-nums [@media(hover:hover)]:group-focus-within:invisible [@media(hover:hover)]:group-hover:invisible"
            >
              {agoText(createdAt, nowMs)}
            </time>
          </span>
          <span className="mt-0.5 line-clamp-3 text-[13px] text-muted wrap-anywhere">{message}</span>
        </Link>
        <OutsideLink
          href={notification.actionUrl}
          tabIndex={tabIndex}
          onClick={onRead}
          className="relative mt-1.5 inline-flex min-h-6 items-center gap-1 text-[13px] font-medium text-accent underline-offset-4 hover:underline [&>svg]:size-3.5"
        >
          Open preview
        </OutsideLink>
      </div>
      <div className="absolute top-2 right-2 flex shrink-0 gap-0.5 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 [@media(hover:none)]:relative [@media(hover:none)]:top-0 [@media(hover:none)]:right-0 [@media(hover:none)]:flex-col [@media(hover:none)]:gap-2 [@media(hover:none)]:opacity-100">
        {!read && (
          <RowButton label="Mark as read" tabIndex={tabIndex} onClick={onRead}>
            <Check aria-hidden="true" />
          </RowButton>
        )}
        <RowButton label="Delete" tabIndex={tabIndex} onClick={onRemove}>
          <X aria-hidden="true" />
        </RowButton>
      </div>
    </li>
  );
}

interface RowButtonProps {
  readonly label: string;
  readonly tabIndex: number;
  readonly onClick: () => void;
  readonly children: ReactNode;
}

function RowButton({ label, tabIndex, onClick, children }: RowButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      tabIndex={tabIndex}
      onClick={onClick}
      className="grid size-6 place-items-center rounded-md text-muted hover:bg-line hover:text-fg [&>svg]:size-3.5"
    >
      {children}
    </button>
  );
}
