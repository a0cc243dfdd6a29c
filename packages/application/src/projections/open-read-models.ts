import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { JobId } from '@yardmaster/domain';
import type { Clock } from '../ports/clock.ts';
import type { EventBatch, EventStore } from '../ports/event-store.ts';
import { type Log, silentLog } from '../ports/log.ts';
import { createProjector, projectorSchema } from './apply-batch.ts';
import { prepareArtifactQueries, sealedLogsProjection } from './artifacts.ts';
import { createDamageGuard, type DamageGuard, type OnDamaged } from './damage-guard.ts';
import { createLogFollower } from './follow-log.ts';
import { prepareJobQueries } from './job-queries.ts';
import { jobsProjection } from './jobs.ts';
import { notificationsProjection, prepareNotificationQueries } from './notifications.ts';
import { createOpenBuilds } from './open-builds.ts';
import { preparePreviewQueries, previewsProjection } from './previews.ts';
import { type Projection, splitStreamName } from './projection.ts';
import type { ReadModels } from './read-models.ts';
import { openSqliteFile, removeSqliteFile } from './sqlite-file.ts';
import { prepareStepQueries, stepsProjection } from './steps.ts';
import { prepareUserQueries, usersProjection } from './users.ts';
import { prepareWebsiteQueries, websitesProjection } from './websites.ts';

export interface ReadModelsOptions {
  /** Path of the SQLite file. It is disposable: damaged, of another version or of another store, it is made anew. */
  readonly file: string;
  readonly store: EventStore;
  /** The address at which a host label's preview opens. */
  readonly previewUrl: (label: string) => string;
  readonly clock: Clock;
  /** Told of quarantined streams, of starting over, and of failures to follow the log. */
  readonly log?: Log;
  /** The file was damaged while it was used. It has been removed: opened again, the read models are made anew. */
  readonly onDamaged?: OnDamaged;
  /** Called during `start` when all of a log has to be read again, with the reason as a sentence. */
  readonly onMadeAnew?: (reason: string) => void;
}

/** Raise this when a projection makes other rows of the same events; a change of the tables is noticed by itself. */
const projectionsVersion = 2;

/** In this order each event passes through them: notifications read the rows of jobs. */
const projections: readonly Projection[] = [
  jobsProjection,
  stepsProjection,
  websitesProjection,
  usersProjection,
  notificationsProjection,
  previewsProjection,
  sealedLogsProjection,
];

const marksSchema = 'CREATE TABLE marks (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;';
const schema = [projectorSchema, marksSchema, ...projections.map((projection) => projection.schema)].join('\n');
/** 31 bits, since `user_version` is a signed number of 32. */
const version = createHash('sha256').update(`${projectionsVersion}\n${schema}`).digest().readUInt32BE() >>> 1 || 1;

/**
 * Opens the read models as they were last committed; {@link ReadModels.start} brings them to the end of the log. Queries
 * read the file, lists of open builds and queue places memory. Throws when the file can be neither opened nor made.
 */
export function openReadModels(options: ReadModelsOptions): ReadModels {
  const { file, log = silentLog, onDamaged = () => {} } = options;
  const { db, madeAnew } = openOrMake(file, log);
  const guard = createDamageGuard({ file, putAway: () => removeSqliteFile(file), onDamaged, log });
  try {
    return guard.watch(readModelsOn({ ...options, db, log, guard, madeAnew }));
  } catch (error) {
    guard.check(error);
    db.close();
    throw error;
  }
}

function readModelsOn({
  db,
  store,
  previewUrl,
  clock,
  log,
  guard,
  madeAnew,
  onMadeAnew = () => {},
}: ReadModelsOptions & Opened & { readonly log: Log; readonly guard: DamageGuard }): ReadModels {
  const projector = createProjector({ db, storeId: store.storeId, projections, log });
  const jobQueries = prepareJobQueries(db);
  const openBuilds = createOpenBuilds(jobQueries);
  openBuilds.load();
  const follower = createLogFollower({
    store,
    projector,
    clock,
    log,
    onCommit: (batch) => openBuilds.refresh(touchedJobs(batch)),
    onReload: () => openBuilds.load(),
    isFinal: (error) => guard.check(error),
    onMadeAnew: (reason) => onMadeAnew(madeAnew ?? reason),
  });
  let stopped: Promise<void> | undefined;
  return {
    storeId: store.storeId,
    start: () => follower.start(),
    stop() {
      stopped ??= follower.stop().then(() => db.close());
      return stopped;
    },
    position: () => projector.position(),
    waitFor: (position, options) => follower.waitFor(position, options),
    onBatch: (listener) => follower.onBatch(listener),
    job: (id) => jobQueries.job(id),
    jobs: (filter) => jobQueries.jobs(filter),
    openJobs: () => openBuilds.all(),
    queuePlaces: (nowMs) => openBuilds.places(nowMs),
    deadLetters: (page) => jobQueries.deadLetters(page),
    statistics: (ownerId) => jobQueries.statistics(ownerId),
    ...prepareStepQueries(db),
    ...prepareWebsiteQueries(db),
    ...prepareNotificationQueries(db, previewUrl),
    ...prepareUserQueries(db),
    ...preparePreviewQueries(db),
    ...prepareArtifactQueries(db),
    quarantined: () => projector.quarantined(),
    ...prepareMarks(db),
  };
}

interface Opened {
  readonly db: DatabaseSync;
  /** Why the file that was there was not used; null when it was, or there was none. */
  readonly madeAnew: string | null;
}

function openOrMake(file: string, log: Log): Opened {
  const opened = openSqliteFile({ file, version, schema });
  if (opened.ok) return { db: opened.db, madeAnew: null };
  log.warn({ file, reason: opened.reason }, 'The read models are made anew from the log.');
  removeSqliteFile(file);
  const made = openSqliteFile({ file, version, schema });
  if (!made.ok) throw new Error(`The read models cannot be made in ${file}: ${made.reason}`);
  return { db: made.db, madeAnew: opened.reason };
}

/** The jobs whose records a batch may have changed: their own events, and those of their previews. */
function touchedJobs(batch: EventBatch): ReadonlySet<JobId> {
  const ids = new Set<JobId>();
  for (const { stream } of batch) {
    const { category, id } = splitStreamName(stream);
    if (category === 'buildJob' || category === 'preview') ids.add(id as JobId); // Only looked up: what is no id finds nothing.
  }
  return ids;
}

function prepareMarks(db: DatabaseSync): Pick<ReadModels, 'mark' | 'setMark'> {
  const get = db.prepare('SELECT value FROM marks WHERE name = ?');
  const set = db.prepare(
    'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  );
  return {
    mark(name) {
      const value = get.get(name)?.value;
      return value === undefined ? null : String(value);
    },
    setMark(name, value) {
      set.run(name, value);
    },
  };
}
