import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { JobId } from '@yardmaster/domain';
import { expect, test } from 'vitest';
import { openLogStore } from '../../src/logs/log-store.ts';
import { silentLog } from '../../src/ports/log.ts';
import { createDamageGuard } from '../../src/projections/damage-guard.ts';
import { createHistory } from './build-history.ts';
import { contentsOf, opened, settled, started, temporaryFile } from './opened-read-models.ts';

const jobId = JobId.parse('job-1');

/** Brings everything into the file itself, and makes who has it open read it again. */
function bringTogether(file: string): void {
  const db = new DatabaseSync(file);
  db.exec('CREATE TABLE passing (x); DROP TABLE passing; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

/** Writes over every page but the first, as a disk or a person may. */
function overwrite(file: string): void {
  bringTogether(file);
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.fill(0x5a, 4_096));
}

function cutShort(file: string): void {
  bringTogether(file);
  truncateSync(file, 4_096);
}

const damages = [
  ['written over', overwrite],
  ['cut short', cutShort],
] as const;

test.each(damages)(
  'read models that are %s while they are used are put away, told once and made anew',
  async (_, damage) => {
    const history = createHistory();
    await history.request('job-1');
    const file = temporaryFile();
    const told: Error[] = [];
    const readModels = await started(history.store, { file, onDamaged: (error) => told.push(error) });
    damage(file);
    expect(() => readModels.job(jobId)).toThrow();
    expect(() => readModels.jobs({ sort: 'newest', limit: 10, offset: 0 })).toThrow();
    expect(told).toHaveLength(1);
    expect(existsSync(file)).toBe(false);
    await readModels.stop();

    const reasons: string[] = [];
    const again = await started(history.store, { file, onMadeAnew: (reason) => reasons.push(reason) });
    expect(again.job(jobId)?.status).toBe('queued');
    expect(reasons).toEqual(['They were missing, or those of another event store.']);
  },
);

test('damage that is found by an event ends the following, instead of trying for ever', async () => {
  const history = createHistory();
  await history.request('job-1');
  const file = temporaryFile();
  const damaged = Promise.withResolvers<Error>();
  const readModels = await started(history.store, { file, onDamaged: damaged.resolve });
  overwrite(file);
  await history.request('job-2');
  await damaged.promise;
  await readModels.stop();

  const again = await started(history.store, { file });
  await settled(again, history.store);
  expect(again.openJobs().map(({ id }) => id)).toEqual(['job-1', 'job-2']);
});

test('a file deleted while it is used goes on being used, and is made anew at the next start', async () => {
  const history = createHistory();
  await history.request('job-1');
  const [file, fresh] = [temporaryFile(), temporaryFile()];
  const readModels = await started(history.store, { file });
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  await history.request('job-2');
  await settled(readModels, history.store);
  expect(readModels.openJobs()).toHaveLength(2);
  await readModels.stop();
  for (const one of [file, fresh]) await (await started(history.store, { file: one })).stop();
  expect(contentsOf(file)).toEqual(contentsOf(fresh));
});

test('says why read models were made anew, and nothing when they were only continued or there is no log yet', async () => {
  const reasons: string[] = [];
  const onMadeAnew = (reason: string) => reasons.push(reason);
  const history = createHistory();
  const file = temporaryFile();
  await (await started(history.store, { file, onMadeAnew })).stop();
  await history.request('job-1');
  await (await started(history.store, { file })).stop();
  await (await started(history.store, { file, onMadeAnew })).stop();
  expect(reasons).toEqual([]);
  writeFileSync(file, 'x'.repeat(9_000));
  await (await started(history.store, { file, onMadeAnew })).stop();
  const other = createHistory({ storeId: 'store-2' });
  await other.request('z');
  await (await started(other.store, { file, onMadeAnew })).stop();
  expect(reasons).toEqual([
    'It is damaged: file is not a database.',
    'They were missing, or those of another event store.',
  ]);
});

test.each(damages)('a log store that is %s while it is used is set aside, and an empty one made', async (_, damage) => {
  const file = temporaryFile('logs.sqlite');
  const told: Error[] = [];
  const logs = openLogStore({ file, onDamaged: (error) => told.push(error) });
  const line = { at: '2026-03-01T08:00:00.000Z', step: null, stream: 'stdout', text: 'hello' } as const;
  logs.append({ jobId, attempt: 1, firstLine: 1, lines: [line], end: null });
  damage(file);
  expect(() => [...logs.readAll(jobId)]).toThrow();
  expect(() => logs.mark()).toThrow();
  expect([told.length, existsSync(file), existsSync(`${file}.set-aside`)]).toEqual([1, false, true]);
  logs.stop();
  const again = openLogStore({ file });
  expect(again.mark()).toBeNull();
  expect(again.tail(jobId, 5)).toEqual([]);
  again.stop();
});

test('what is no damage is thrown on and tells nobody', async () => {
  const history = createHistory();
  const told: Error[] = [];
  const file = temporaryFile();
  const readModels = opened(history.store, { file, onDamaged: (error) => told.push(error) });
  await readModels.stop();
  expect(() => readModels.job(jobId)).toThrow('finalized');
  expect(told).toEqual([]);
  expect(existsSync(file)).toBe(true);
});

test('damage is told also where the damaged file cannot be put away', () => {
  const told: Error[] = [];
  const onDamaged = (error: Error) => told.push(error);
  const putAway = () => {
    throw new Error('EROFS: read-only file system');
  };
  const guard = createDamageGuard({ file: 'read-models.sqlite', putAway, onDamaged, log: silentLog });
  const damage = Object.assign(new Error('database disk image is malformed'), { errcode: 11 });
  expect([guard.check(damage), guard.check(damage)]).toEqual([true, true]);
  expect(told).toEqual([damage]);
});
