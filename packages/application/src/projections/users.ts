import type { DatabaseSync } from 'node:sqlite';
import { maxOpenLinks, type UserId } from '@yardmaster/domain';
import type { Projection } from './projection.ts';
import type { UserRecord } from './read-models.ts';

/**
 * Accounts, and the hashes of what opens them. Whatever was revoked, spent or ended is gone from here; sessions past
 * their time go when their user signs in again.
 */
export const usersProjection: Projection = {
  name: 'users',
  schema: `
    CREATE TABLE users (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, role TEXT NOT NULL) STRICT;
    CREATE TABLE api_tokens (
      user_id TEXT NOT NULL, token_id TEXT NOT NULL, token_hash TEXT NOT NULL, PRIMARY KEY (user_id, token_id)
    ) STRICT;
    CREATE INDEX api_tokens_by_hash ON api_tokens (token_hash);
    CREATE TABLE sign_in_links (
      number INTEGER PRIMARY KEY, user_id TEXT NOT NULL, link_hash TEXT NOT NULL UNIQUE, expires_at TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sign_in_links_by_user ON sign_in_links (user_id, number);
    CREATE TABLE sessions (session_hash TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires_at TEXT NOT NULL) STRICT;
    CREATE INDEX sessions_by_user ON sessions (user_id, expires_at);`,
  prepare(db) {
    const register = db.prepare('INSERT INTO users (id, role) VALUES (?, ?)');
    const issueToken = db.prepare('INSERT INTO api_tokens (user_id, token_id, token_hash) VALUES (?, ?, ?)');
    const revokeToken = db.prepare('DELETE FROM api_tokens WHERE user_id = ? AND token_id = ?');
    const issueLink = db.prepare('REPLACE INTO sign_in_links (user_id, link_hash, expires_at) VALUES (?, ?, ?)');
    const dropOldLinks = db.prepare(`DELETE FROM sign_in_links WHERE user_id = $user AND number NOT IN (
      SELECT number FROM sign_in_links WHERE user_id = $user ORDER BY number DESC LIMIT ${maxOpenLinks})`);
    const spendLink = db.prepare('DELETE FROM sign_in_links WHERE link_hash = ?');
    const startSession = db.prepare('REPLACE INTO sessions (session_hash, user_id, expires_at) VALUES (?, ?, ?)');
    const dropOldSessions = db.prepare('DELETE FROM sessions WHERE user_id = ? AND expires_at <= ?');
    const endSession = db.prepare('DELETE FROM sessions WHERE session_hash = ? AND user_id = ?');
    return (projected) => {
      if (projected.category !== 'user') return;
      const { id, event, recorded } = projected;
      switch (event.type) {
        case 'UserRegistered':
          register.run(id, event.data.role);
          return;
        case 'ApiTokenIssued':
          issueToken.run(id, event.data.tokenId, event.data.tokenHash);
          return;
        case 'ApiTokenRevoked':
          revokeToken.run(id, event.data.tokenId);
          return;
        case 'SignInLinkIssued':
          issueLink.run(id, event.data.linkHash, event.data.expiresAt);
          dropOldLinks.run({ user: id });
          return;
        case 'SessionStarted': {
          const { sessionHash, linkHash, expiresAt } = event.data;
          if (linkHash !== null) spendLink.run(linkHash);
          dropOldSessions.run(id, recorded.metadata.occurredAt);
          startSession.run(sessionHash, id, expiresAt);
          return;
        }
        case 'SessionEnded':
          endSession.run(event.data.sessionHash, id);
          return;
        case 'NotificationRead':
        case 'AllNotificationsRead':
        case 'NotificationDeleted': // See the notifications.
        case 'UploadRefused':
          return;
        default:
          event satisfies never;
      }
    };
  },
};

export function prepareUserQueries(db: DatabaseSync) {
  const one = db.prepare('SELECT id, role FROM users WHERE id = ?');
  const admin = db.prepare("SELECT id, role FROM users WHERE role = 'admin' ORDER BY number LIMIT 1");
  const byToken = db.prepare(
    'SELECT users.id, role FROM api_tokens JOIN users ON users.id = user_id WHERE token_hash = ?',
  );
  const bySession = db.prepare(
    'SELECT users.id, role FROM sessions JOIN users ON users.id = user_id WHERE session_hash = ? AND expires_at > ?',
  );
  const byLink = db.prepare(
    'SELECT users.id, role FROM sign_in_links JOIN users ON users.id = user_id WHERE link_hash = ?',
  );
  // Trusted: nothing but the projection above writes these tables.
  const recordOrNull = (row: object | undefined) => (row === undefined ? null : ({ ...row } as UserRecord));
  return {
    user: (id: UserId) => recordOrNull(one.get(id)),
    firstAdmin: () => recordOrNull(admin.get()),
    userByTokenHash: (tokenHash: string) => recordOrNull(byToken.get(tokenHash)),
    userBySessionHash: (sessionHash: string, now: string) => recordOrNull(bySession.get(sessionHash, now)),
    /** Also of a link past its time: whether it still opens, the user's own stream decides. */
    userByLinkHash: (linkHash: string) => recordOrNull(byLink.get(linkHash)),
  };
}
