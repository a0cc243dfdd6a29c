import { randomUUID } from 'node:crypto';
import { BuildSettings, type JobId, JobId as toJobId, UserId, WebsiteId } from '@yardmaster/domain';
import { createMemoryEventStore } from '@yardmaster/event-store/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Actors, createActors } from '../../src/actors.ts';
import { systemClock } from '../../src/ports/clock.ts';
import { openReadModels } from '../../src/projections/open-read-models.ts';
import { deleteWebsite } from '../../src/use-cases/delete-website.ts';
import { createWebsite, type RequestBuild, requestBuild } from '../../src/use-cases/request-build.ts';
import { retryBuild } from '../../src/use-cases/retry-build.ts';
import { aBuildSource } from '../build-source.ts';

const [owner, other] = [UserId.parse('owner'), UserId.parse('other')];
const byOwner = { actor: { kind: 'user', userId: owner } } as const;
const aJobId = () => toJobId.parse(randomUUID());
const aWebsiteId = () => WebsiteId.parse(randomUUID());

function aWorld() {
  const store = createMemoryEventStore();
  const world = { store, clock: systemClock, newId: randomUUID, random: () => 0.5 };
  /** As another process has them: nothing in memory. */
  const newActors = () => createActors(world);
  const actors = newActors();
  const request = (changes: Partial<RequestBuild> = {}): RequestBuild => ({
    owner,
    website: { kind: 'new', id: aWebsiteId(), name: 'Garden club' },
    jobId: aJobId(),
    source: aBuildSource(),
    preview: 'static',
    priority: 5,
    ...changes,
  });
  return { store, actors, newActors, request };
}

async function requested(actors: Actors, request: RequestBuild) {
  const result = await requestBuild(actors, request);
  if (!result.ok) throw new Error(result.rejection.message);
  return result;
}

const cancel = (actors: Actors, jobId: JobId) =>
  actors.buildJob.handle(jobId, { type: 'CancelBuild', reason: null }, byOwner);

async function slugOf(actors: Actors, id: WebsiteId) {
  const { state } = await actors.website.load(id);
  return state.status === 'none' ? null : state.slug;
}

describe('requesting a build', () => {
  it('makes the website, its first number and the job', async () => {
    const { actors, store, request } = aWorld();
    const made = request();
    expect(await requested(actors, made)).toMatchObject({ buildNumber: 1, websiteName: 'Garden club' });
    const types = (await store.readAll({ limit: 100 })).map(({ type }) => type);
    expect(types).toEqual(['SlugReserved', 'WebsiteCreated', 'BuildNumberAssigned', 'BuildRequested', 'BuildQueued']);
  });

  it('changes nothing the second time, also when both come at once or from another process', async () => {
    const { actors, newActors, store, request } = aWorld();
    const made = request();
    const results = await Promise.all([requested(actors, made), requested(actors, made), requested(newActors(), made)]);
    const before = await store.lastPosition();
    results.push(await requested(newActors(), made));
    expect(new Set(results.map(({ jobId, buildNumber }) => `${jobId} ${buildNumber}`)).size).toBe(1);
    expect(results.at(-1)?.position).toBeNull();
    expect(await store.lastPosition()).toBe(before);
    expect(await store.readStream(`buildJob-${made.jobId}`)).toHaveLength(2);
  });

  it('completes what a crash has left half done', async () => {
    const { actors, newActors, request } = aWorld();
    const made = request();
    if (made.website.kind !== 'new') throw new Error('It is a new one.');
    await createWebsite(actors, { ...made.website, owner });
    await actors.website.handle(made.website.id, { type: 'AssignBuildNumber', jobId: made.jobId }, byOwner);
    expect(await requested(newActors(), made)).toMatchObject({ buildNumber: 1 });
  });

  it('counts up the builds of one website, without a gap or a double among many at once', async () => {
    const { actors, request } = aWorld();
    const first = await requested(actors, request());
    const website = { kind: 'existing', id: first.websiteId } as const;
    const more = await Promise.all(Array.from({ length: 20 }, () => requested(actors, request({ website }))));
    const numbers = more.map(({ buildNumber }) => buildNumber).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index + 2));
  });

  it('gives websites of one name addresses of their own', async () => {
    const { actors, request } = aWorld();
    const results = await Promise.all(Array.from({ length: 12 }, () => requested(actors, request())));
    const slugs = await Promise.all(results.map(({ websiteId }) => slugOf(actors, websiteId)));
    expect(slugs).toContain('garden-club');
    expect(new Set(slugs).size).toBe(12);
  });

  it('does not tell of the website of somebody else, and records nothing there', async () => {
    const { actors, store, request } = aWorld();
    const { websiteId } = await requested(actors, request());
    const before = await store.lastPosition();
    const website = { kind: 'existing', id: websiteId } as const;
    for (const foreign of [website, { ...website, id: aWebsiteId() }]) {
      const result = await requestBuild(actors, request({ owner: other, website: foreign }));
      expect(result).toMatchObject({ ok: false, rejection: { code: 'website-not-found' } });
    }
    // Nor by claiming to make it.
    const taken = request({ owner: other, website: { kind: 'new', id: websiteId, name: 'Mine' } });
    expect(await requestBuild(actors, taken)).toMatchObject({ ok: false, rejection: { code: 'website-not-found' } });
    expect(await store.lastPosition()).toBe(before);
  });

  it('takes the settings of the website unless it brings its own', async () => {
    const { actors, request } = aWorld();
    const { websiteId } = await requested(actors, request());
    const settings = BuildSettings.parse({ buildCommand: 'npm run special' });
    await actors.website.handle(websiteId, { type: 'ChangeWebsiteSettings', settings }, byOwner);
    const website = { kind: 'existing', id: websiteId } as const;
    const plain = await requested(actors, request({ website }));
    const own = await requested(actors, request({ website, settings: BuildSettings.parse({}) }));
    const settingsOf = async (id: JobId) => (await actors.buildJob.load(id)).state.context.request?.settings;
    expect(await settingsOf(plain.jobId)).toEqual(settings);
    expect(await settingsOf(own.jobId)).toEqual(BuildSettings.parse({}));
  });
});

describe('retrying a build', () => {
  it('makes a new job of the same source, which names the old one, once for one id', async () => {
    const { actors, request } = aWorld();
    const source = aBuildSource({ originalName: 'special.zip' });
    const first = await requested(actors, request({ source, priority: 7 }));
    await cancel(actors, first.jobId);
    const newJobId = aJobId();
    const retry = () => retryBuild(actors, { jobId: first.jobId, newJobId, user: owner, mayRelease: false });
    expect(await retry()).toMatchObject({ ok: true, jobId: newJobId, buildNumber: 2 });
    expect(await retry()).toMatchObject({ ok: true, jobId: newJobId, buildNumber: 2, position: null });
    const { request: recorded } = (await actors.buildJob.load(newJobId)).state.context;
    expect(recorded).toMatchObject({ source, priority: 7, retryOf: first.jobId });
  });

  it('refuses a build that has not ended, one that does not exist, and one of a deleted website', async () => {
    const { actors, request } = aWorld();
    const { jobId, websiteId } = await requested(actors, request());
    const retry = (id: JobId) => retryBuild(actors, { jobId: id, newJobId: aJobId(), user: owner, mayRelease: false });
    expect(await retry(jobId)).toMatchObject({ ok: false, rejection: { code: 'build-not-ended' } });
    expect(await retry(aJobId())).toMatchObject({ ok: false, rejection: { code: 'job-not-found' } });
    await cancel(actors, jobId);
    await actors.website.handle(websiteId, { type: 'DeleteWebsite' }, byOwner);
    expect(await retry(jobId)).toMatchObject({ ok: false, rejection: { code: 'website-not-found' } });
  });
});

describe('deleting a website', () => {
  it('cancels its waiting and running builds and stops its previews, of no other website', async () => {
    const { actors, store, request } = aWorld();
    const readModels = openReadModels({
      file: ':memory:',
      store,
      previewUrl: (label) => `http://${label}.test`,
      clock: systemClock,
    });
    onTestFinished(() => readModels.stop());
    await readModels.start();
    const first = await requested(actors, request());
    const website = { kind: 'existing', id: first.websiteId } as const;
    const second = await requested(actors, request({ website }));
    const foreign = await requested(actors, request());
    await actors.preview.handle(
      first.jobId,
      {
        type: 'StartPreview',
        websiteId: first.websiteId,
        ownerId: owner,
        name: 'garden-club-1',
        slug: 'garden-club',
        artifactId: aBuildSource().artifactId,
        spa: false,
        expiresAt: null,
      },
      byOwner,
    );
    const last = await store.lastPosition();
    if (last !== null) await readModels.waitFor(last, { timeoutMs: 20_000 });

    const remove = () =>
      deleteWebsite({ actors, readModels }, { websiteId: first.websiteId, user: owner, correlationId: 'test' });
    expect(await remove()).toMatchObject({
      ok: true,
      cancelledBuilds: [first.jobId, second.jobId],
      stoppedPreviews: 1,
    });
    const states = await Promise.all(
      [first, second, foreign].map(async ({ jobId }) => (await actors.buildJob.load(jobId)).state.value),
    );
    expect(states).toEqual(['cancelled', 'cancelled', 'queued']);
    expect((await actors.preview.load(first.jobId)).state.value).toBe('stopped');
    expect(await remove()).toMatchObject({ ok: true });
  });
});
