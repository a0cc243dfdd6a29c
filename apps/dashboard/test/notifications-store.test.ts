import { maxNotifications, type Notification, type ServerFrame } from '@yardmaster/protocol';
import { describe, expect, test } from 'vitest';
import { createNotificationsStore } from '../src/features/notifications/notifications-store.ts';
import type { TopicReader } from '../src/shared/live/live.ts';

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1, 12, 0, second)).toISOString();

const notification = (n: number, more: Partial<Notification> = {}): Notification => ({
  id: `job-${n}:completed:1`,
  jobId: `job-${n}`,
  type: 'completed',
  title: 'Build completed',
  message: `Build #${n} is ready to look at.`,
  read: false,
  actionUrl: null,
  createdAt: at(n),
  ...more,
});

function open() {
  const calls: PromiseWithResolvers<unknown>[] = [];
  const readers: TopicReader[] = [];
  let followers = 0;
  const send = () => {
    const call = Promise.withResolvers<unknown>();
    calls.push(call);
    return call.promise;
  };
  const store = createNotificationsStore({
    follow(reader) {
      readers.push(reader);
      followers += 1;
      return () => {
        followers -= 1;
      };
    },
    read: send,
    readAll: send,
    remove: send,
  });
  const arrived: string[] = [];
  store.onArrival(({ jobId }) => arrived.push(jobId));
  const frame = (more: Partial<ServerFrame>): ServerFrame => ({
    topic: 'notifications',
    position: 'p',
    storeId: 's',
    type: 'update',
    ...more,
  });
  const reader = (): TopicReader => {
    const last = readers.at(-1);
    if (last === undefined) throw new Error('nobody follows');
    return last;
  };
  return {
    store,
    arrived,
    followers: () => followers,
    call: (index: number) => {
      const call = calls[index];
      if (call === undefined) throw new Error('not called');
      return call;
    },
    snapshot: (...notifications: Notification[]) => reader().snapshot(frame({ type: 'snapshot', notifications })),
    update: (one: Notification) => reader().update(frame({ notification: one })),
    refuse: () => reader().refused?.(frame({ type: 'error', message: 'Not now.' })),
    shown: () => {
      const view = store.view();
      if (view.status !== 'known') throw new Error(view.status);
      return view.notifications.map(({ jobId, read }) => `${jobId}${read ? '' : '*'}`);
    },
    unread: () => {
      const view = store.view();
      return view.status === 'known' ? view.unreadCount : null;
    },
  };
}

describe('notifications', () => {
  test('tell of what arrives, and not of what was there before', () => {
    const { snapshot, update, arrived, shown, unread } = open();
    snapshot(notification(2), notification(1, { read: true }));
    expect(arrived).toEqual([]);
    update(notification(3));
    expect(arrived).toEqual(['job-3']);
    expect(shown()).toEqual(['job-3*', 'job-2*', 'job-1']);
    expect(unread()).toBe(2);
  });

  test('tell of nothing twice, whether it comes again by itself or in a list', () => {
    const { snapshot, update, arrived, shown } = open();
    snapshot();
    update(notification(1));
    update(notification(1));
    snapshot(notification(1));
    snapshot();
    update(notification(1));
    expect(arrived).toEqual(['job-1']);
    expect(shown()).toEqual(['job-1*']);
  });

  test('tell of what a later list brings, in the order in which it happened: polling brings nothing else', () => {
    const { snapshot, arrived } = open();
    snapshot(notification(1));
    snapshot(notification(3), notification(2), notification(1));
    expect(arrived).toEqual(['job-2', 'job-3']);
  });

  test('do not tell of an old one that moves up because another was deleted', () => {
    const { snapshot, arrived } = open();
    snapshot(notification(5), notification(4));
    snapshot(notification(5), notification(3));
    expect(arrived).toEqual([]);
  });

  test('are as many as the server keeps', () => {
    const { snapshot, update, shown } = open();
    snapshot(...Array.from({ length: maxNotifications }, (_, n) => notification(maxNotifications - n)));
    update(notification(maxNotifications + 1));
    expect(shown()).toHaveLength(maxNotifications);
    expect(shown()[0]).toBe(`job-${maxNotifications + 1}*`);
  });

  test('show at once what is done with them, through frames that do not know of it yet', async () => {
    const { store, snapshot, shown, call, unread } = open();
    snapshot(notification(2), notification(1));
    const reading = store.read(notification(2).id);
    const removing = store.remove(notification(1).id);
    expect(shown()).toEqual(['job-2']);
    snapshot(notification(2), notification(1));
    expect(shown()).toEqual(['job-2']);
    call(0).resolve({});
    call(1).resolve({});
    await Promise.all([reading, removing]);
    expect(shown()).toEqual(['job-2']);
    expect(unread()).toBe(0);
  });

  test('take back what the server refused, and only that', async () => {
    const { store, snapshot, shown, call } = open();
    snapshot(notification(2), notification(1));
    const reading = store.read(notification(2).id);
    const removing = store.remove(notification(2).id);
    expect(shown()).toEqual(['job-1*']);
    call(1).reject(new Error('refused'));
    await expect(removing).rejects.toThrow('refused');
    expect(shown()).toEqual(['job-2', 'job-1*']);
    call(0).reject(new Error('refused as well'));
    await expect(reading).rejects.toThrow('refused as well');
    expect(shown()).toEqual(['job-2*', 'job-1*']);
  });

  test('are all read by one request, and what arrives meanwhile stays unread', async () => {
    const { store, snapshot, update, shown, call } = open();
    snapshot(notification(2), notification(1));
    const reading = store.readAll();
    update(notification(3));
    expect(shown()).toEqual(['job-3*', 'job-2', 'job-1']);
    call(0).resolve({});
    await reading;
    expect(shown()).toEqual(['job-3*', 'job-2', 'job-1']);
  });

  test('say why they cannot be shown, and are followed anew when that is wished', () => {
    const { store, refuse, snapshot, shown, followers } = open();
    refuse();
    expect(store.view()).toMatchObject({ status: 'refused', trouble: { hint: 'Not now.' } });
    store.retry();
    expect(store.view()).toEqual({ status: 'loading' });
    expect(followers()).toBe(1);
    snapshot(notification(1));
    expect(shown()).toEqual(['job-1*']);
  });

  test('are followed once, while anybody looks or listens', () => {
    const { store, followers } = open();
    const leave = store.subscribe(() => {});
    expect(followers()).toBe(1);
    leave();
    expect(followers()).toBe(1); // the listener for arrivals is there still
  });
});
