import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { JobId, UserId } from '@yardmaster/domain';
import type { JobFilter, JobRecord, ReadModels } from './read-models.ts';

/** The most jobs that one query returns, whatever limit it asks for. */
export const maxJobsPerQuery = 1_000;

/** Averages are over so many builds: those that ended last, completed or failed. */
export const averagedBuilds = 100;

// A notification of the end is named after the final status, so its existence is one look into an index.
const selectJob = `
  SELECT jobs.*,
    completed_at IS NOT NULL AND EXISTS (
      SELECT 1 FROM notifications WHERE notifications.job_id = jobs.id AND notifications.type = jobs.status
    ) AS notification_sent,
    EXISTS (SELECT 1 FROM previews WHERE previews.job_id = jobs.id AND previews.state = 'live') AS preview_live
  FROM jobs`;

const orders: Readonly<Record<JobFilter['sort'], string>> = {
  newest: 'number DESC',
  oldest: 'number',
  name: 'folded_name, number DESC',
  priority: 'priority DESC, number',
  duration: `unixepoch(completed_at, 'subsec') - unixepoch(started_at, 'subsec') DESC NULLS LAST, number DESC`,
};

export interface JobQueries extends Pick<ReadModels, 'job' | 'jobs' | 'deadLetters' | 'statistics'> {
  /** A job that has not ended; null for any other. */
  openJob(id: JobId): JobRecord | null;
  /** Jobs that have not ended, oldest first, from the tables. */
  loadOpenJobs(): readonly JobRecord[];
}

export function prepareJobQueries(db: DatabaseSync): JobQueries {
  const one = db.prepare(`${selectJob} WHERE id = ?`);
  const oneOpen = db.prepare(`${selectJob} WHERE id = ? AND completed_at IS NULL`);
  const allOpen = db.prepare(`${selectJob} WHERE completed_at IS NULL ORDER BY number`);
  // Of a deleted website the sources go, so that nobody can release what was set aside.
  const isSetAside = 'losses IS NOT NULL AND website_id NOT IN (SELECT id FROM websites WHERE deleted = 1)';
  const setAside = db.prepare(`${selectJob} WHERE ${isSetAside} ORDER BY completed_at DESC, number DESC LIMIT ?`);
  const allSetAside = db.prepare(`SELECT COUNT(*) AS total FROM jobs WHERE ${isSetAside}`);
  const prepared = new Map<string, StatementSync>();
  const prepare = (sql: string) => {
    const statement = prepared.get(sql) ?? db.prepare(sql);
    prepared.set(sql, statement); // There are as many texts as combinations of filters: a few hundred.
    return statement;
  };
  return {
    job: (id) => recordOrNull(one.get(id)),
    openJob: (id) => recordOrNull(oneOpen.get(id)),
    loadOpenJobs: () => allOpen.all().map(toRecord),
    jobs(filter) {
      const { where, values } = conditions(filter);
      const total = prepare(`SELECT COUNT(*) AS total FROM jobs ${where}`).get(values)?.total;
      const order = orders[filter.sort];
      // The page is found by its numbers first, so that sorting does not carry whole jobs around.
      const page = prepare(`${selectJob} WHERE number IN (
        SELECT number FROM jobs ${where} ORDER BY ${order} LIMIT $limit OFFSET $offset) ORDER BY ${order}`);
      const limit = Math.min(filter.limit, maxJobsPerQuery);
      return { jobs: page.all({ ...values, limit, offset: filter.offset }).map(toRecord), total: Number(total) };
    },
    deadLetters: ({ limit }) => ({
      jobs: setAside.all(limit).map(toRecord),
      total: Number(allSetAside.get()?.total),
    }),
    statistics: prepareStatistics(db),
  };
}

/**
 * Waiting counts what shows as pending or queued, building what shows as building or running. The averages are over the
 * last {@link averagedBuilds} builds that were claimed and then completed or failed: the wait until the first claim, and
 * from there to the end, retries included. A cancelled build says nothing about how long builds take.
 */
function prepareStatistics(db: DatabaseSync): ReadModels['statistics'] {
  const counts = (owner: string) =>
    db.prepare(`SELECT COUNT(*) FILTER (WHERE status IN ('pending', 'queued')) AS waiting,
        COUNT(*) FILTER (WHERE status IN ('building', 'running')) AS building
      FROM jobs WHERE completed_at IS NULL ${owner}`);
  const averages = (owner: string) =>
    db.prepare(`SELECT AVG(MAX(0, unixepoch(started_at, 'subsec') - unixepoch(created_at, 'subsec'))) AS wait,
        AVG(MAX(0, unixepoch(completed_at, 'subsec') - unixepoch(started_at, 'subsec'))) AS build
      FROM (SELECT created_at, started_at, completed_at FROM jobs
        WHERE completed_at IS NOT NULL AND started_at IS NOT NULL AND status IN ('completed', 'failed') ${owner}
        ORDER BY completed_at DESC, number DESC LIMIT ${averagedBuilds})`);
  const ofAll = { counts: counts(''), averages: averages('') };
  const ofOwner = { counts: counts('AND owner_id = ?'), averages: averages('AND owner_id = ?') };
  return (ownerId: UserId | null) => {
    const [statements, values] = ownerId === null ? [ofAll, []] : [ofOwner, [ownerId]];
    const { waiting, building } = statements.counts.get(...values) ?? {};
    const { wait, build } = statements.averages.get(...values) ?? {};
    return {
      waiting: Number(waiting),
      building: Number(building),
      averageWaitMs: secondsToMs(wait),
      averageBuildMs: secondsToMs(build),
    };
  };
}

const secondsToMs = (seconds: unknown) => (typeof seconds === 'number' ? Math.round(seconds * 1_000) : null);

function conditions(filter: JobFilter): { where: string; values: Record<string, SQLInputValue> } {
  const terms: string[] = [];
  const values: Record<string, SQLInputValue> = {};
  const add = (term: string, name: string, value: SQLInputValue) => {
    terms.push(term);
    values[name] = value;
  };
  const { ownerId, statuses, websiteId, from, to, text } = filter;
  if (ownerId !== undefined) add('owner_id = $owner', 'owner', ownerId);
  if (websiteId !== undefined) add('website_id = $website', 'website', websiteId);
  if (statuses !== undefined) {
    add('status IN (SELECT value FROM json_each($statuses))', 'statuses', JSON.stringify(statuses));
  }
  if (from !== undefined) add('created_at >= $from', 'from', storedTime(from));
  if (to !== undefined) add('created_at <= $to', 'to', storedTime(to));
  if (text !== undefined && text !== '') {
    add('(instr(folded_name, $text) > 0 OR instr(lower(id), $text) > 0)', 'text', text.toLowerCase());
  }
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}

/** Times compare as text only in the one form in which they are stored. Throws a RangeError on what is no time. */
const storedTime = (time: string) => new Date(time).toISOString();

/** The columns as the jobs projection wrote them, from events that had passed their schemas. */
interface JobRow {
  readonly [column: string]: unknown;
}

const recordOrNull = (row: JobRow | undefined) => (row === undefined ? null : toRecord(row));

function toRecord(row: JobRow): JobRecord {
  const json = (column: string) => (row[column] === null ? null : JSON.parse(String(row[column])));
  // Trusted: nothing but the jobs projection writes this table, and damage was looked for when the file was opened.
  return {
    id: row.id,
    websiteId: row.website_id,
    websiteName: row.website_name,
    ownerId: row.owner_id,
    buildNumber: row.build_number,
    previewName: row.preview_name,
    status: row.status,
    state: json('state'),
    revision: row.revision,
    position: row.position,
    progress: row.progress,
    currentStep: row.current_step,
    priority: row.priority,
    attempt: row.attempt,
    workerId: row.worker_id,
    workerSession: row.worker_session,
    claimedAt: row.claimed_at,
    queuedAt: row.queued_at,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    error: json('error'),
    cancellation: json('cancellation'),
    deadLetter: row.losses === null ? null : { losses: json('losses'), releasedAs: row.released_as },
    annotations: json('annotations'),
    notificationSent: row.notification_sent === 1,
    retryOf: row.retry_of,
    source: json('source'),
    settings: json('settings'),
    preview: row.preview,
    outputArtifactId: row.output_artifact_id,
    previewLive: row.preview_live === 1,
  } as JobRecord;
}
