import type { DatabaseSync } from 'node:sqlite';
import type { UserId } from '@yardmaster/domain';
import { maxNotifications, type Notification } from '@yardmaster/protocol';
import { type NotifiedJob, notificationOf, notifyingEvents } from './notification-texts.ts';
import type { Projection } from './projection.ts';

/**
 * What a build's owner is told, made from the build's events and from the user's own (read, read all, deleted). A
 * deleted notification leaves every answer but keeps its row: it was sent. Runs after the jobs projection, whose rows
 * it reads.
 */
export const notificationsProjection: Projection = {
  name: 'notifications',
  schema: `
    CREATE TABLE notifications (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      user_id TEXT NOT NULL,
      job_id TEXT NOT NULL,
      type TEXT NOT NULL,
      title TEXT NOT NULL,
      message TEXT NOT NULL,
      preview_name TEXT,
      read INTEGER NOT NULL DEFAULT 0,
      deleted INTEGER NOT NULL DEFAULT 0,
      created_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX notifications_by_job ON notifications (job_id, type);
    CREATE INDEX notifications_by_user ON notifications (user_id, number) WHERE deleted = 0;`,
  prepare(db) {
    const insert = db.prepare(`INSERT INTO notifications (id, user_id, job_id, type, title, message, preview_name,
      created_at) VALUES ($id, $userId, $jobId, $type, $title, $message, $previewName, $createdAt)`);
    const job = db.prepare(`SELECT jobs.owner_id AS ownerId, jobs.website_name AS websiteName, jobs.attempt,
        jobs.build_number AS buildNumber, jobs.preview_name AS previewName, jobs.retry_of AS retryOf,
        retried.build_number AS retriedBuildNumber
      FROM jobs LEFT JOIN jobs AS retried ON retried.id = jobs.retry_of WHERE jobs.id = ?`);
    const read = db.prepare('UPDATE notifications SET read = 1 WHERE id = ? AND user_id = ?');
    const readAll = db.prepare(
      'UPDATE notifications SET read = 1 WHERE user_id = ? AND created_at <= ? AND read = 0 AND deleted = 0',
    );
    const remove = db.prepare('UPDATE notifications SET deleted = 1 WHERE id = ? AND user_id = ?');
    return (projected) => {
      const { category, id, event, recorded } = projected;
      if (category === 'buildJob') {
        if (!notifyingEvents.has(event.type)) return;
        // Trusted: the columns are named as in NotifiedJob, and the jobs projection has just written them.
        const about = job.get(id) as unknown as NotifiedJob;
        const notification = notificationOf(event, about);
        if (notification === null) return;
        const { type, title, message } = notification;
        insert.run({
          id: `${id}:${type}:${notification.attempt}`,
          userId: about.ownerId,
          jobId: id,
          type,
          title,
          message,
          previewName: type === 'completed' ? about.previewName : null,
          createdAt: recorded.metadata.occurredAt,
        });
      } else if (category === 'user') {
        if (event.type === 'NotificationRead') read.run(event.data.notificationId, id);
        else if (event.type === 'AllNotificationsRead') readAll.run(id, event.data.before);
        else if (event.type === 'NotificationDeleted') remove.run(event.data.notificationId, id);
      }
    };
  },
};

/** `previewUrl` makes the address of a build's own preview: addresses depend on settings, so the tables hold none. */
export function prepareNotificationQueries(db: DatabaseSync, previewUrl: (label: string) => string) {
  const newest = db.prepare(
    `SELECT * FROM notifications WHERE user_id = ? AND deleted = 0 ORDER BY number DESC LIMIT ${maxNotifications}`,
  );
  const one = db.prepare('SELECT * FROM notifications WHERE id = ? AND user_id = ? AND deleted = 0');
  const toNotification = (row: { readonly [column: string]: unknown }) =>
    // Trusted: nothing but the projection above writes this table.
    ({
      id: row.id,
      jobId: row.job_id,
      type: row.type,
      title: row.title,
      message: row.message,
      read: row.read === 1,
      actionUrl: row.preview_name === null ? `/jobs/${row.job_id}` : previewUrl(String(row.preview_name)),
      createdAt: row.created_at,
    }) as Notification;
  return {
    /** Counts unread ones among those listed, so that a count always has something to show for it. */
    notifications(userId: UserId) {
      const notifications = newest.all(userId).map(toNotification);
      return { notifications, unreadCount: notifications.filter(({ read }) => !read).length };
    },
    notification(userId: UserId, id: string): Notification | null {
      const row = one.get(id, userId);
      return row === undefined ? null : toNotification(row);
    },
  };
}
