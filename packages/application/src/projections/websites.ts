import type { DatabaseSync } from 'node:sqlite';
import { BuildSettings, type UserId, type WebsiteId } from '@yardmaster/domain';
import type { Projection } from './projection.ts';
import type { WebsiteRecord } from './read-models.ts';

/** One row per website. Its builds are not counted here: they are read from the jobs, by an index. */
export const websitesProjection: Projection = {
  name: 'websites',
  schema: `
    CREATE TABLE websites (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      slug TEXT NOT NULL,
      owner_id TEXT NOT NULL,
      settings TEXT NOT NULL,
      created_at TEXT NOT NULL,
      deleted INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX websites_by_owner ON websites (owner_id, name);
    CREATE INDEX websites_by_slug ON websites (slug);`,
  prepare(db) {
    const create = db.prepare(
      'INSERT INTO websites (id, name, slug, owner_id, settings, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const rename = db.prepare('UPDATE websites SET name = ? WHERE id = ?');
    const changeSettings = db.prepare('UPDATE websites SET settings = ? WHERE id = ?');
    const remove = db.prepare('UPDATE websites SET deleted = 1 WHERE id = ?');
    const defaults = JSON.stringify(BuildSettings.parse({}));
    return (projected) => {
      if (projected.category !== 'website') return;
      const { id, event, recorded } = projected;
      switch (event.type) {
        case 'WebsiteCreated': {
          const { name, slug, ownerId } = event.data;
          create.run(id, name, slug, ownerId, defaults, recorded.metadata.occurredAt);
          return;
        }
        case 'WebsiteRenamed':
          rename.run(event.data.name, id);
          return;
        case 'WebsiteSettingsChanged':
          changeSettings.run(JSON.stringify(event.data.settings), id);
          return;
        case 'WebsiteDeleted':
          remove.run(id);
          return;
        case 'BuildNumberAssigned': // The build itself counts, once it is requested.
          return;
        default:
          event satisfies never;
      }
    };
  },
};

const selectWebsite = `
  SELECT websites.*,
    (SELECT COUNT(*) FROM jobs WHERE website_id = websites.id) AS build_count,
    (SELECT jobs.id FROM jobs WHERE website_id = websites.id ORDER BY build_number DESC LIMIT 1) AS current_job_id,
    (SELECT jobs.id FROM jobs WHERE website_id = websites.id AND status = 'completed'
      ORDER BY build_number DESC LIMIT 1) AS latest_good_job_id,
    (SELECT source ->> 'websiteType' FROM jobs WHERE website_id = websites.id
      ORDER BY build_number DESC LIMIT 1) AS type
  FROM websites`;

/** Lists hold no deleted websites, and the newest come first. Of several with one name the oldest is meant. */
export function prepareWebsiteQueries(db: DatabaseSync) {
  const one = db.prepare(`${selectWebsite} WHERE id = ?`);
  const ofOwner = db.prepare(`${selectWebsite} WHERE owner_id = ? AND deleted = 0 ORDER BY number DESC`);
  const byName = db.prepare(`${selectWebsite} WHERE owner_id = ? AND name = ? AND deleted = 0 ORDER BY number LIMIT 1`);
  const recordOrNull = (row: Row | undefined) => (row === undefined ? null : toRecord(row));
  return {
    website: (id: WebsiteId) => recordOrNull(one.get(id)),
    websites: (ownerId: UserId) => ofOwner.all(ownerId).map(toRecord),
    websiteByName: (ownerId: UserId, name: string) => recordOrNull(byName.get(ownerId, name)),
  };
}

interface Row {
  readonly [column: string]: unknown;
}

function toRecord(row: Row): WebsiteRecord {
  // Trusted: nothing but the projections writes these tables.
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    type: row.type ?? 'unknown',
    ownerId: row.owner_id,
    settings: JSON.parse(String(row.settings)),
    createdAt: row.created_at,
    deleted: row.deleted === 1,
    buildCount: row.build_count,
    currentJobId: row.current_job_id,
    latestGoodJobId: row.latest_good_job_id,
  } as WebsiteRecord;
}
