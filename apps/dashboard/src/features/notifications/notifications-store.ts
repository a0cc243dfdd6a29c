import { maxNotifications, type Notification, type ServerFrame } from '@yardmaster/protocol';
import type { Trouble } from '../../shared/api/api.ts';
import type { TopicReader } from '../../shared/live/live.ts';

export type NotificationsView =
  | { readonly status: 'loading' }
  | { readonly status: 'refused'; readonly trouble: Trouble }
  | {
      readonly status: 'known';
      /** Newest first. */
      readonly notifications: readonly Notification[];
      readonly unreadCount: number;
    };

export interface NotificationsStore {
  /** Stays the same object until something changed. */
  readonly view: () => NotificationsView;
  /** The list is followed live from the first subscriber (or listener for arrivals) to the last. */
  subscribe(listener: () => void): () => void;
  /** Tells of each new notification once; of none that was there before. */
  onArrival(listener: (notification: Notification) => void): () => void;
  /** These show their result at once, and take it back and reject when the server refuses. */
  read(id: string): Promise<void>;
  readAll(): Promise<void>;
  remove(id: string): Promise<void>;
  /** Follows the list anew after it was refused. */
  retry(): void;
}

export interface NotificationsParts {
  readonly follow: (reader: TopicReader) => () => void;
  readonly read: (id: string) => Promise<unknown>;
  readonly readAll: () => Promise<unknown>;
  readonly remove: (id: string) => Promise<unknown>;
}

/** Something done here that the server has not confirmed yet. */
interface Change {
  readonly ids: ReadonlySet<string>;
  readonly to: 'read' | 'removed';
}

interface Operation extends Pick<Change, 'to'> {
  readonly send: () => Promise<unknown>;
}

/** Ids kept in order to tell of none twice; far more than a list holds. */
const maxRemembered = 1_000;

/**
 * The signed-in person's notifications, outside of React. What the server says is kept as it came; what was done here
 * and is not confirmed yet lies above it, so that a frame that comes meanwhile undoes nothing and a refusal undoes only
 * what was refused.
 */
export function createNotificationsStore(parts: NotificationsParts): NotificationsStore {
  const listeners = new Set<() => void>();
  const arrivalListeners = new Set<(notification: Notification) => void>();
  const pending = new Set<Change>();
  const remembered = new Set<string>();
  let list: readonly Notification[] | null = null;
  let view: NotificationsView = { status: 'loading' };
  let stop: (() => void) | null = null;

  return {
    view: () => view,
    subscribe: (listener) => joined(listeners, listener),
    onArrival: (listener) => joined(arrivalListeners, listener),
    read: (id) => change([id], { to: 'read', send: () => parts.read(id) }),
    readAll() {
      const unread = view.status === 'known' ? view.notifications.filter(({ read }) => !read) : [];
      return change(
        unread.map(({ id }) => id),
        { to: 'read', send: parts.readAll },
      );
    },
    remove: (id) => change([id], { to: 'removed', send: () => parts.remove(id) }),
    retry() {
      if (view.status !== 'refused') return;
      stop?.();
      show({ status: 'loading' });
      stop = start();
    },
  };

  function joined<Listener>(all: Set<Listener>, listener: Listener): () => void {
    all.add(listener);
    stop ??= start();
    return () => {
      all.delete(listener);
      if (listeners.size + arrivalListeners.size > 0) return;
      stop?.();
      stop = null;
    };
  }

  function start(): () => void {
    return parts.follow({
      snapshot: take,
      update: take,
      refused({ code, message }) {
        const trouble = {
          code: code ?? 'refused',
          message: 'Your notifications cannot be shown.',
          hint: message ?? null,
        };
        show({ status: 'refused', trouble });
      },
    });
  }

  function take({ notifications, notification }: ServerFrame): void {
    const before = list;
    if (notifications !== undefined) list = notifications;
    else if (notification !== undefined) list = withNewest(before ?? [], notification);
    if (list === null) return;
    const arrived = before === null ? [] : list.filter((one) => isNew(one, before));
    for (const { id } of [...list].reverse()) remember(id);
    showList();
    for (const one of arrived.reverse()) for (const listener of arrivalListeners) listener(one);
  }

  /** An older one that was not seen yet only moved up because another was deleted. */
  function isNew({ id, createdAt }: Notification, before: readonly Notification[]): boolean {
    const newestAt = before[0]?.createdAt ?? '';
    return !remembered.has(id) && createdAt >= newestAt;
  }

  function remember(id: string): void {
    remembered.add(id);
    const [oldest] = remembered;
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest);
  }

  async function change(ids: readonly string[], { to, send }: Operation): Promise<void> {
    if (ids.length === 0) return;
    const change: Change = { ids: new Set(ids), to };
    pending.add(change);
    showList();
    try {
      await send();
      // Confirmed: what the server will say in a moment is taken for said, so that nothing flickers back.
      if (list !== null) list = changed(list, change);
    } finally {
      pending.delete(change);
      showList();
    }
  }

  function showList(): void {
    if (list === null) return;
    const notifications = [...pending].reduce(changed, list);
    show({ status: 'known', notifications, unreadCount: notifications.filter(({ read }) => !read).length });
  }

  function show(next: NotificationsView): void {
    view = next;
    for (const listener of listeners) listener();
  }
}

function withNewest(list: readonly Notification[], notification: Notification): readonly Notification[] {
  return [notification, ...list.filter(({ id }) => id !== notification.id)].slice(0, maxNotifications);
}

function changed(list: readonly Notification[], { ids, to }: Change): readonly Notification[] {
  if (to === 'removed') return list.filter(({ id }) => !ids.has(id));
  return list.map((one) => (ids.has(one.id) && !one.read ? { ...one, read: true } : one));
}
