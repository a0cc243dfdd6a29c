import { useSyncExternalStore } from 'react';
import { api } from '../../shared/api/api.ts';
import { type Live, useLive } from '../../shared/live/live.ts';
import { createNotificationsStore, type NotificationsStore, type NotificationsView } from './notifications-store.ts';

/** One for each live connection: the bell and the toasts tell the same, and nothing outlives the session. */
const stores = new WeakMap<Live, NotificationsStore>();

export function useNotificationsStore(): NotificationsStore {
  const live = useLive();
  const known = stores.get(live);
  if (known !== undefined) return known;
  const store = createNotificationsStore({
    follow: (reader) => live.follow('notifications', reader),
    read: api.readNotification,
    readAll: api.readAllNotifications,
    remove: api.deleteNotification,
  });
  stores.set(live, store);
  return store;
}

export function useNotifications(): NotificationsView {
  const store = useNotificationsStore();
  return useSyncExternalStore(store.subscribe, store.view);
}
