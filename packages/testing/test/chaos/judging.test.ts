import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createActors, openReadModels, type RecordedEvent, systemClock } from '@yardmaster/application';
import type { BuildJobCommand, BuildJobSnapshot } from '@yardmaster/domain';
import { finalStatuses, JobId, statusOf } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { judgeHistories, type Recorded, readEverything } from '../../chaos/histories.ts';
import { judgeReadModels } from '../../chaos/read-model-check.ts';
import type { Asked } from '../../chaos/uploads.ts';
import { aBuildRequest, aWorkerId, happyCommand } from '../../src/index.ts';

const by = { actor: { kind: 'system', name: 'test' } } as const;

let store: ReturnType<typeof createMemoryEventStore>;
let jobId: JobId;
let asked: Asked;

beforeEach(async () => {
  store = createMemoryEventStore();
  jobId = JobId.parse(randomUUID());
  asked = { number: 1, kind: 'script', mark: 'one', attempts: 1, jobId, refusal: null, cancel: null };
});

/** Sends what `next` names until the build has ended. */
async function build(
  next: (state: BuildJobSnapshot) => BuildJobCommand = (state) => happyCommand(state, aBuildRequest()),
): Promise<Recorded> {
  const { buildJob } = createActors({ store, clock: systemClock, newId: randomUUID, random: () => 0 });
  for (let { state } = await buildJob.load(jobId); !finalStatuses.has(statusOf(state.value)); ) {
    const handled = await buildJob.handle(jobId, next(state), by);
    if (!handled.ok) throw new Error(handled.rejection.message);
    state = handled.state;
  }
  return readEverything(store);
}

const change = (
  recorded: Recorded,
  changed: (history: readonly RecordedEvent[]) => readonly RecordedEvent[],
): Recorded => ({
  ...recorded,
  builds: new Map([...recorded.builds].map(([id, history]) => [id, changed(history)])),
});

/** The names of the verdicts that do not hold. */
async function broken(recorded: Recorded, options: { asked?: readonly Asked[]; struck?: readonly string[] } = {}) {
  const struckBuilds = new Set(options.struck ?? []);
  const verdicts = await judgeHistories({ store, recorded, asked: options.asked ?? [asked], struckBuilds });
  return verdicts.filter(({ holds }) => !holds).map(({ name }) => name);
}

test('a build that was asked for and completed is as it should be', async () => {
  expect(await broken(await build())).toEqual([]);
});

test('a lost build, one that nobody asked for, and an upload without an answer show', async () => {
  const recorded = await build();
  expect(await broken({ ...recorded, builds: new Map() })).toContain('nothing acknowledged is missing');
  expect(await broken(recorded, { asked: [] })).toEqual(['no build that nobody asked for, and none asked for twice']);
  expect(await broken(recorded, { asked: [asked, asked] })).toContain(
    'no build that nobody asked for, and none asked for twice',
  );
  expect(await broken(recorded, { asked: [asked, { ...asked, jobId: null, refusal: '500' }] })).toContain(
    'every upload was acknowledged',
  );
});

test('a doubled end, an end that is not the last event, and none show', async () => {
  const recorded = await build();
  const verdict = 'every build has exactly one end, its last event';
  expect(await broken(change(recorded, (all) => [...all, ...all.slice(-1)]))).toContain(verdict);
  expect(await broken(change(recorded, (all) => [...all, ...all.slice(0, 1)]))).toContain(verdict);
  expect(await broken(change(recorded, (all) => all.slice(0, -1)))).toContain(verdict);
});

test('an attempt that two workers were given shows', async () => {
  const recorded = await build();
  const doubled = change(recorded, (all) =>
    all.flatMap((event) => (event.type === 'BuildClaimed' ? [event, event] : [event])),
  );
  expect(await broken(doubled)).toEqual(['no attempt was claimed twice']);
});

test('a build that ended otherwise than it had to shows', async () => {
  const recorded = await build();
  const verdict = ['every build ended as it had to'];
  expect(await broken(recorded, { asked: [{ ...asked, kind: 'bad-build' }] })).toEqual(verdict);
  expect(await broken(recorded, { asked: [{ ...asked, cancel: 'accepted' }] })).toEqual(verdict);
  expect(await broken(recorded, { asked: [{ ...asked, cancel: 'ended' }] })).toEqual([]);
});

test('a failure is excused where the events show lost workers, or where a process of that build was killed', async () => {
  const losing = await build((state) => {
    const { attempt, workerId } = state.context;
    if (typeof state.value === 'object') {
      return { type: 'DeclareWorkerLost', attempt, workerId: workerId ?? aWorkerId(), reason: 'killed', alone: true };
    }
    return happyCommand(state, aBuildRequest());
  });
  expect(losing.builds.get(jobId)?.at(-1)?.type).toBe('BuildFailed');
  expect(await broken(losing)).toEqual([]);
  const unexplained = change(losing, (all) => all.filter(({ type }) => type !== 'WorkerLost'));
  expect(await broken(unexplained)).toEqual(['every build ended as it had to']);
  expect(await broken(unexplained, { struck: [jobId] })).toEqual([]);
});

test('read models that differ from a fresh replay in one row, or belong to another store, show', async () => {
  await build();
  const folder = mkdtempSync(join(tmpdir(), 'yardmaster-judging-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'data', 'read-models.sqlite');
  mkdirSync(join(folder, 'data'));
  const readModels = openReadModels({ file, store, previewUrl: (label) => label, clock: systemClock });
  await readModels.start();
  await readModels.stop();
  const judge = async () => {
    const work = mkdtempSync(join(folder, 'work-'));
    return judgeReadModels({ store, dataDir: join(folder, 'data'), folder: work });
  };
  expect(await judge()).toMatchObject({ holds: true });
  const edit = (sql: string) => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  edit("UPDATE jobs SET status = 'failed'");
  expect(await judge()).toMatchObject({ holds: false });
  edit("UPDATE jobs SET status = 'completed'; UPDATE checkpoint SET store_id = 'another'");
  expect((await judge()).examples).toEqual(['server: its file belongs to another store']);
});
