import type { Notification } from '@yardmaster/protocol';
import { Ban, CircleCheck, CircleX, Clock, type LucideIcon, Play, RotateCw } from 'lucide-react';

type NotificationType = Notification['type'];

/** How a kind of notification looks, and whether it tells of a build's end. */
interface NotificationDisplay {
  readonly Icon: LucideIcon;
  readonly iconClass: string;
  readonly isEnd: boolean;
}

const displays: Readonly<Record<NotificationType, NotificationDisplay>> = {
  queued: { Icon: Clock, iconClass: 'text-muted', isEnd: false },
  started: { Icon: Play, iconClass: 'text-accent', isEnd: false },
  completed: { Icon: CircleCheck, iconClass: 'text-ok', isEnd: true },
  failed: { Icon: CircleX, iconClass: 'text-bad', isEnd: true },
  cancelled: { Icon: Ban, iconClass: 'text-warn', isEnd: true },
  retried: { Icon: RotateCw, iconClass: 'text-accent', isEnd: false },
};

export const displayOfType = (type: NotificationType): NotificationDisplay => displays[type];

/** "1 completed, 2 failed and 3 queued": what came at once, in one sentence's worth of words. */
export function countsText(notifications: readonly Pick<Notification, 'type'>[]): string {
  const order: readonly NotificationType[] = ['failed', 'completed', 'cancelled', 'retried', 'started', 'queued'];
  const counts = order
    .map((type) => ({ type, count: notifications.filter((one) => one.type === type).length }))
    .filter(({ count }) => count > 0)
    .map(({ type, count }) => `${count} ${type}`);
  return new Intl.ListFormat('en').format(counts);
}
