import { Link } from '@tanstack/react-router';
import type { Notification } from '@yardmaster/protocol';
import { Inbox, type LucideIcon, RotateCw, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { toast } from 'sonner';
import { useBuildActions } from '../../shared/jobs/use-build-actions.ts';
import { Button, buttonClass } from '../../shared/ui/button.tsx';
import { OutsideLink } from '../../shared/ui/outside-link.tsx';
import { attempt } from '../../shared/ui/trouble-toast.ts';
import { displayOfType } from './notification-display.ts';
import { useNotificationsStore } from './use-notifications.ts';

const actionClass = buttonClass({ size: 'small' });

/** What happened to one build, and what can be done about it from here. */
export function NotificationToast({ notification }: { readonly notification: Notification }) {
  const { id, jobId, type, title, message } = notification;
  const { retry } = useBuildActions();
  const store = useNotificationsStore();
  const done = (): void => {
    toast.dismiss(id);
    attempt(store.read(id), 'The notification could not be marked as read.');
  };
  return (
    <ToastFrame toastId={id} icon={displayOfType(type)} title={title} message={message}>
      <OutsideLink
        href={notification.actionUrl}
        className={buttonClass({ kind: 'primary', size: 'small' })}
        onClick={done}
      >
        Open preview
      </OutsideLink>
      <Link to="/jobs/$jobId" params={{ jobId }} className={actionClass} onClick={done}>
        {type === 'failed' ? 'See why' : 'View'}
      </Link>
      {type === 'failed' && (
        <Button
          size="small"
          onClick={() => {
            done();
            retry.mutate({ id: jobId });
          }}
        >
          <RotateCw aria-hidden="true" />
          Retry
        </Button>
      )}
    </ToastFrame>
  );
}

interface SummaryToastProps {
  readonly toastId: string;
  readonly title: string;
  readonly message: string;
}

/** In place of many. */
export function SummaryToast({ toastId, title, message }: SummaryToastProps) {
  return (
    <ToastFrame toastId={toastId} icon={summaryIcon} title={title} message={message}>
      <Link to="/" className={actionClass} onClick={() => toast.dismiss(toastId)}>
        See all builds
      </Link>
    </ToastFrame>
  );
}

const summaryIcon = { Icon: Inbox, iconClass: 'text-accent' } as const;

interface ToastFrameProps extends SummaryToastProps {
  readonly icon: { readonly Icon: LucideIcon; readonly iconClass: string };
  /** What can be done. */
  readonly children: ReactNode;
}

function ToastFrame({ toastId, icon: { Icon, iconClass }, title, message, children }: ToastFrameProps) {
  return (
    <div className="flex w-full gap-3 rounded-panel border border-line bg-panel py-3 pr-2 pl-3.5 text-sm text-fg shadow-float sm:w-95">
      <Icon className={`mt-0.5 size-4.5 shrink-0 ${iconClass}`} aria-hidden="true" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">{title}</p>
        <p className="mt-0.5 line-clamp-3 text-[13px] text-muted wrap-anywhere">{message}</p>
        <div className="mt-2.5 flex flex-wrap gap-2">{children}</div>
      </div>
      <button
        type="button"
        aria-label="Close"
        title="Close"
        onClick={() => toast.dismiss(toastId)}
        className="grid size-7 shrink-0 place-items-center rounded-md text-muted hover:bg-panel-2 hover:text-fg [&>svg]:size-4"
      >
        <X aria-hidden="true" />
      </button>
    </div>
  );
}
