import type { DatabaseSync } from 'node:sqlite';
import type { WebsiteId } from '@yardmaster/domain';
import type { Projection } from './projection.ts';
import type { PreviewRecord } from './read-models.ts';

/** One row per job that ever had a preview; `state` is the preview machine's. */
export const previewsProjection: Projection = {
  name: 'previews',
  schema: `
    CREATE TABLE previews (
      number INTEGER PRIMARY KEY,
      job_id TEXT NOT NULL UNIQUE,
      website_id TEXT NOT NULL,
      name TEXT NOT NULL,
      artifact_id TEXT NOT NULL,
      spa INTEGER NOT NULL,
      expires_at TEXT,
      state TEXT NOT NULL
    ) STRICT;
    CREATE INDEX previews_by_name ON previews (name);
    CREATE INDEX previews_by_website ON previews (website_id, number);`,
  prepare(db) {
    const start = db.prepare(`INSERT INTO previews (job_id, website_id, name, artifact_id, spa, expires_at, state)
      VALUES (?, ?, ?, ?, ?, ?, ?)`);
    const restart = db.prepare('UPDATE previews SET artifact_id = ?, spa = ? WHERE job_id = ?');
    const renew = db.prepare('UPDATE previews SET expires_at = ? WHERE job_id = ?');
    const enter = db.prepare('UPDATE previews SET state = ? WHERE job_id = ?');
    return (projected) => {
      if (projected.category !== 'preview') return;
      const { id, event, recorded } = projected;
      const state = String(recorded.metadata.to);
      if (event.type === 'PreviewStarted') {
        const { websiteId, name, artifactId, spa, expiresAt } = event.data;
        start.run(id, websiteId, name, artifactId, Number(spa), expiresAt, state);
        return;
      }
      if (enter.run(state, id).changes !== 1) throw new Error(`${recorded.stream} does not begin with PreviewStarted.`);
      switch (event.type) {
        case 'PreviewRestarted':
          restart.run(event.data.artifactId, Number(event.data.spa), id);
          renew.run(event.data.expiresAt, id);
          return;
        case 'PreviewRenewed':
          renew.run(event.data.expiresAt, id);
          return;
        case 'PreviewExpired':
        case 'PreviewStopped':
          return;
        default:
          event satisfies never;
      }
    };
  },
};

const columns = 'previews.job_id, previews.website_id, artifact_id, spa, expires_at';

export function preparePreviewQueries(db: DatabaseSync) {
  const shown = "previews.state = 'live' AND (expires_at IS NULL OR expires_at > $now)";
  // No build's own name is some website's slug: a slug never ends in a hyphen and digits.
  const byName = db.prepare(`
    SELECT ${columns} FROM previews LEFT JOIN websites ON websites.id = previews.website_id
    WHERE previews.name = $label AND ${shown} AND COALESCE(websites.deleted, 0) = 0`);
  const bySlug = db.prepare(`
    SELECT ${columns} FROM previews WHERE ${shown} AND job_id = (
      SELECT jobs.id FROM websites JOIN jobs ON jobs.website_id = websites.id
      WHERE websites.slug = $label AND websites.deleted = 0 AND jobs.status = 'completed'
      ORDER BY jobs.build_number DESC LIMIT 1)`);
  const live = db.prepare(
    `SELECT ${columns} FROM previews WHERE website_id = ? AND state = 'live' ORDER BY number DESC`,
  );
  return {
    /** A deleted website shows nothing, even before its previews are stopped one by one. */
    previewByLabel(label: string, now: string): PreviewRecord | null {
      const row = byName.get({ label, now }) ?? bySlug.get({ label, now });
      return row === undefined ? null : toRecord(row);
    },
    /** The newest first, those of a deleted website too: they still have to be stopped. */
    livePreviews: (websiteId: WebsiteId) => live.all(websiteId).map(toRecord),
  };
}

function toRecord(row: { readonly [column: string]: unknown }): PreviewRecord {
  // Trusted: nothing but the projection above writes this table.
  return {
    jobId: row.job_id,
    websiteId: row.website_id,
    artifactId: row.artifact_id,
    spa: row.spa === 1,
    expiresAt: row.expires_at,
  } as PreviewRecord;
}
