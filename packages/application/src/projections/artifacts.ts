import type { DatabaseSync } from 'node:sqlite';
import type { ArtifactId, JobId } from '@yardmaster/domain';
import type { Projection } from './projection.ts';

/** Where the sealed logs are kept. All other references to artifacts are columns of jobs and previews. */
export const sealedLogsProjection: Projection = {
  name: 'sealed-logs',
  schema:
    'CREATE TABLE sealed_logs (job_id TEXT PRIMARY KEY, artifact_id TEXT NOT NULL, lines INTEGER NOT NULL) STRICT;',
  prepare(db) {
    const seal = db.prepare('INSERT INTO sealed_logs (job_id, artifact_id, lines) VALUES (?, ?, ?)');
    return ({ category, id, event }) => {
      if (category === 'log') seal.run(id, event.data.artifactId, event.data.lines);
    };
  },
};

/**
 * What is referred to: the source of every build that runs or may be retried, the output of every build that may still
 * complete or did, what previews show or could show again, and sealed logs. Deleting a website lets go of the sources
 * and outputs of its ended builds; logs stay, as history does.
 */
export function prepareArtifactQueries(db: DatabaseSync) {
  const referenced = db.prepare(`
    WITH deleted AS (SELECT id FROM websites WHERE deleted = 1)
    SELECT source_artifact_id AS id FROM jobs WHERE completed_at IS NULL OR website_id NOT IN deleted
    UNION SELECT output_artifact_id FROM jobs WHERE output_artifact_id IS NOT NULL
      AND (completed_at IS NULL OR (status = 'completed' AND website_id NOT IN deleted))
    UNION SELECT artifact_id FROM previews WHERE website_id NOT IN deleted
    UNION SELECT artifact_id FROM sealed_logs`);
  const sealed = db.prepare('SELECT artifact_id AS artifactId, lines FROM sealed_logs WHERE job_id = ?');
  return {
    sealedLog(jobId: JobId) {
      const row = sealed.get(jobId);
      return row === undefined ? null : { artifactId: row.artifactId as ArtifactId, lines: Number(row.lines) };
    },
    referencedArtifacts: (): ReadonlySet<ArtifactId> => new Set(referenced.all().map((row) => row.id as ArtifactId)),
  };
}
