import type { Notification } from '@yardmaster/protocol';
import { type KeyboardEvent, useRef, useState } from 'react';
import { attempt } from '../../shared/ui/trouble-toast.ts';
import { NotificationRow } from './notification-row.tsx';
import { useNotificationsStore } from './use-notifications.ts';

interface NotificationListProps {
  /** At least one. */
  readonly notifications: readonly Notification[];
  /** The person went to a build. */
  readonly onGone: () => void;
}

/** One stop of the Tab key: the arrows go from one to the next, Delete deletes. */
export function NotificationList({ notifications, onGone }: NotificationListProps) {
  const store = useNotificationsStore();
  const list = useRef<HTMLUListElement>(null);
  const [chosenId, setChosenId] = useState<string | null>(null);
  const chosenIndex = Math.max(
    0,
    notifications.findIndex(({ id }) => id === chosenId),
  );

  const focusOn = (index: number): void => {
    const links = list.current?.querySelectorAll<HTMLElement>('[data-main]');
    links?.[Math.min(Math.max(0, index), notifications.length - 1)]?.focus();
  };
  const remove = (index: number): void => {
    const one = notifications[index];
    if (one === undefined) return;
    if (notifications.length === 1) list.current?.closest<HTMLElement>('[role=dialog]')?.focus();
    else focusOn(index + 1 < notifications.length ? index + 1 : index - 1);
    attempt(store.remove(one.id), 'The notification could not be deleted.');
  };
  const onKey = (event: KeyboardEvent): void => {
    const to = { ArrowDown: chosenIndex + 1, ArrowUp: chosenIndex - 1, Home: 0, End: notifications.length - 1 };
    if (event.key === 'Delete' || event.key === 'Backspace') remove(chosenIndex);
    else if (event.key in to) focusOn(to[event.key as keyof typeof to]);
    else return;
    event.preventDefault();
  };

  return (
    <ul ref={list} className="min-h-0 overflow-y-auto overscroll-contain" onKeyDown={onKey}>
      {notifications.map((notification, index) => (
        <NotificationRow
          key={notification.id}
          notification={notification}
          isChosen={index === chosenIndex}
          onFocus={() => setChosenId(notification.id)}
          onOpen={() => {
            read(notification);
            onGone();
          }}
          onRead={() => read(notification)}
          onRemove={() => remove(index)}
        />
      ))}
    </ul>
  );

  function read({ id, read }: Notification): void {
    if (!read) attempt(store.read(id), 'The notification could not be marked as read.');
  }
}
