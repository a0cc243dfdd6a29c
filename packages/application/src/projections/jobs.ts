import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type BuildJobEvent,
  type BuildJobEventOf,
  completedText,
  progressAtStep,
  startingServerText,
  startingText,
  statusOf,
  textAtStep,
} from '@yardmaster/domain';
import type { RecordedEvent } from '../ports/event-store.ts';
import type { Projection } from './projection.ts';

/**
 * One row per build job: what {@link JobRecord} says of it. `number` counts jobs in the order in which they were requested.
 * Only a dead letter has `losses`, and the first job that repeats it is what it was released as.
 */
export const jobsProjection: Projection = {
  name: 'jobs',
  schema: `
    CREATE TABLE jobs (
      number INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      website_id TEXT NOT NULL,
      website_name TEXT NOT NULL,
      folded_name TEXT NOT NULL,
      owner_id TEXT NOT NULL,
      build_number INTEGER NOT NULL,
      preview_name TEXT NOT NULL,
      status TEXT NOT NULL,
      state TEXT NOT NULL,
      revision INTEGER NOT NULL,
      position TEXT NOT NULL,
      progress INTEGER NOT NULL,
      current_step TEXT NOT NULL,
      priority INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      worker_id TEXT,
      worker_session TEXT,
      claimed_at TEXT,
      queued_at TEXT,
      created_at TEXT NOT NULL,
      started_at TEXT,
      completed_at TEXT,
      error TEXT,
      cancellation TEXT,
      losses TEXT,
      released_as TEXT,
      annotations TEXT NOT NULL,
      retry_of TEXT,
      source TEXT NOT NULL,
      source_artifact_id TEXT NOT NULL,
      settings TEXT NOT NULL,
      preview TEXT NOT NULL,
      output_artifact_id TEXT
    ) STRICT;
    CREATE INDEX jobs_by_owner ON jobs (owner_id, number);
    CREATE INDEX jobs_by_website ON jobs (website_id, build_number);
    CREATE INDEX open_jobs ON jobs (owner_id, status) WHERE completed_at IS NULL;
    CREATE INDEX finished_jobs_by_owner ON jobs (owner_id, completed_at) WHERE completed_at IS NOT NULL;
    CREATE INDEX dead_letters ON jobs (completed_at) WHERE losses IS NOT NULL;
    CREATE INDEX finished_jobs ON jobs (completed_at) WHERE completed_at IS NOT NULL;`,
  prepare(db) {
    const insert = prepareInsert(db);
    const update = prepareUpdates(db);
    const previewMode = db.prepare('SELECT preview FROM jobs WHERE id = ?');
    return (projected) => {
      if (projected.category !== 'buildJob') return;
      const { id, event, recorded } = projected;
      if (event.type === 'BuildRequested') insert(id, event, recorded);
      else
        update(
          id,
          recorded,
          changesOf(event, recorded, () => previewMode.get(id)?.preview === 'dev'),
        );
    };
  },
};

type Column = 'attempt' | 'priority' | 'progress' | 'current_step' | 'worker_id' | 'worker_session' | 'claimed_at';
type LateColumn = 'queued_at' | 'started_at' | 'completed_at' | 'output_artifact_id' | EndColumn;
type EndColumn = 'error' | 'annotations' | 'cancellation' | 'losses';
type Changes = Readonly<Partial<Record<Column | LateColumn, SQLInputValue>>>;

const noWorker: Changes = { worker_id: null, worker_session: null, claimed_at: null };

/** What an event changes in its job's row, apart from state, status, revision and position, which every event sets. */
function changesOf(
  event: Exclude<BuildJobEvent, { type: 'BuildRequested' }>,
  { metadata }: RecordedEvent,
  showsServer: () => boolean,
): Changes {
  const at = metadata.occurredAt;
  switch (event.type) {
    case 'BuildQueued':
      return { queued_at: at };
    case 'PriorityChanged':
      return { priority: event.data.priority };
    case 'BuildClaimed': {
      const { attempt, workerId, workerSession } = event.data;
      return {
        attempt,
        worker_id: workerId,
        worker_session: workerSession,
        claimed_at: at,
        progress: 0,
        current_step: startingText,
        output_artifact_id: null,
        ...(attempt === 1 && { started_at: at }),
      };
    }
    case 'StepStarted': {
      const { step } = event.data;
      const text = step === 'preview' && showsServer() ? startingServerText : textAtStep[step];
      return { progress: progressAtStep[step], current_step: text };
    }
    case 'OutputPublished':
      return { output_artifact_id: event.data.artifactId };
    case 'StepFailed':
    case 'StepTimedOut':
    case 'WorkerLost':
    case 'AttemptAbandoned':
      return noWorker;
    case 'BuildReturned':
      return { ...noWorker, progress: 0, current_step: '' };
    case 'RetryScheduled':
      return { progress: 0, current_step: '' };
    case 'BuildCompleted':
      return { ...noWorker, completed_at: at, progress: 100, current_step: completedText };
    case 'BuildCancelled': {
      const { killedProcesses, proven, killed } = event.data;
      return { ...noWorker, completed_at: at, cancellation: JSON.stringify({ killedProcesses, proven, killed }) };
    }
    case 'BuildFailed': {
      const { annotations, code, message, hint, step, deadLetter, losses } = event.data;
      return {
        ...noWorker,
        completed_at: at,
        error: JSON.stringify({ code, message, hint, step }),
        annotations: JSON.stringify(annotations),
        ...(deadLetter && { losses: JSON.stringify(losses) }),
      };
    }
    case 'BuildDispatched':
    case 'DispatchWithdrawn':
    case 'StepCompleted':
    case 'RetryDue':
    case 'CancelRequested':
      return {};
    default:
      return event satisfies never;
  }
}

function prepareInsert(db: DatabaseSync) {
  const insert = db.prepare(`
    INSERT INTO jobs (id, website_id, website_name, folded_name, owner_id, build_number, preview_name, status, state,
      revision, position, progress, current_step, priority, attempt, created_at, annotations, retry_of, source,
      source_artifact_id, settings, preview)
    VALUES ($id, $website_id, $website_name, $folded_name, $owner_id, $build_number, $preview_name, $status, $state,
      $revision, $position, 0, '', $priority, 0, $created_at, '[]', $retry_of, $source, $source_artifact_id, $settings,
      $preview)`);
  const release = db.prepare(
    'UPDATE jobs SET released_as = $id WHERE id = $retryOf AND losses IS NOT NULL AND released_as IS NULL',
  );
  return (id: string, { data }: BuildJobEventOf<'BuildRequested'>, recorded: RecordedEvent) => {
    insert.run({
      id,
      ...placeOf(recorded),
      website_id: data.websiteId,
      website_name: data.websiteName,
      folded_name: data.websiteName.toLowerCase(),
      owner_id: data.userId,
      build_number: data.buildNumber,
      preview_name: data.previewName,
      priority: data.priority,
      created_at: recorded.metadata.occurredAt,
      retry_of: data.retryOf,
      source: JSON.stringify(data.source),
      source_artifact_id: data.source.artifactId,
      settings: JSON.stringify(data.settings),
      preview: data.preview,
    });
    if (data.retryOf !== null) release.run({ id, retryOf: data.retryOf });
  };
}

/** One statement per set of columns; there are about as many sets as types of events. */
function prepareUpdates(db: DatabaseSync) {
  const statements = new Map<string, StatementSync>();
  return (id: string, recorded: RecordedEvent, changes: Changes) => {
    const columns = Object.keys(changes);
    const key = columns.join();
    let statement = statements.get(key);
    if (statement === undefined) {
      const assignments = ['status', 'state', 'revision', 'position', ...columns].map((name) => `${name} = $${name}`);
      statement = db.prepare(`UPDATE jobs SET ${assignments.join(', ')} WHERE id = $id`);
      statements.set(key, statement);
    }
    const updated = statement.run({ id, ...placeOf(recorded), ...changes });
    if (updated.changes !== 1) throw new Error(`${recorded.stream} does not begin with BuildRequested.`);
  };
}

function placeOf({ revision, position, metadata }: RecordedEvent) {
  return { status: statusOf(metadata.to), state: JSON.stringify(metadata.to), revision, position };
}
