import { ArtifactId, type NotificationId, steps, WebsiteId } from '@yardmaster/domain';
import { expect, test } from 'vitest';
import { ada, bob, createHistory, hash, outputOf, shop } from './build-history.ts';
import { settled, started } from './opened-read-models.ts';

test('steps carry how they ended, what they cost and whether the cache had them', async () => {
  const history = createHistory();
  const id = await history.request('job-1');
  await history.buildUntil(id, 'extract');
  await history.advance(id);
  await history.advance(id);
  await history.advance(id, { outcome: 'cached', detail: 'From the cache.', durationMs: 15 });
  await history.advance(id);
  await history.advance(id, { outcome: 'skipped', detail: 'No TypeScript here.' });
  await history.buildUntil(id, 'bundle');
  const readModels = await started(history.store);
  const brief = () => readModels.steps(id).map(({ attempt, name, status, cache }) => [attempt, name, status, cache]);
  expect(brief()).toEqual([
    [1, 'extract', 'completed', 'none'],
    [1, 'install', 'completed', 'hit'],
    [1, 'typecheck', 'skipped', 'none'],
    [1, 'bundle', 'running', 'none'],
  ]);
  expect(readModels.steps(id)[1]).toStrictEqual({
    name: 'install',
    attempt: 1,
    status: 'completed',
    startedAt: '2026-03-01T08:00:00.000Z',
    durationMs: 15,
    cache: 'hit',
    detail: 'From the cache.',
    exitCode: 0,
    cpuMs: 900,
    peakMemoryBytes: 50_000_000,
  });

  history.clock.advance(2_345);
  await history.command(id, { type: 'ExpireStep', attempt: 1, step: 'bundle' });
  await history.complete(id);
  await settled(readModels, history.store);
  const [, , , bundle, ...second] = readModels.steps(id);
  expect(bundle).toMatchObject({ status: 'failed', durationMs: 2_345, detail: 'It took longer than 60 s.' });
  expect(second.map(({ attempt, name }) => [attempt, name])).toEqual(steps.map((step) => [2, step]));
  expect(second.map(({ cache }) => cache)).toEqual(['none', 'miss', 'miss', 'miss', 'none']);
});

test('a step that was under way when the build was cancelled or its worker lost has failed, and says why', async () => {
  const history = createHistory();
  const [lost, cancelled] = [await history.request('lost'), await history.request('cancelled')];
  await history.buildUntil(lost, 'install');
  await history.loseWorker(lost);
  await history.buildUntil(cancelled, 'install');
  await history.command(cancelled, { type: 'CancelBuild', reason: null });
  await history.advance(cancelled);
  const readModels = await started(history.store);
  for (const id of [lost, cancelled])
    expect(readModels.steps(id)[0]).toMatchObject({ status: 'completed', detail: null });
  expect(readModels.steps(lost)[1]).toMatchObject({ status: 'failed', detail: 'The worker was lost: It fell silent.' });
  expect(readModels.steps(cancelled)[1]).toMatchObject({ status: 'failed', detail: 'The build was cancelled.' });
});

test('the owner is told once of every turn that a build takes', async () => {
  const history = createHistory();
  const first = await history.request('job-1');
  await history.buildUntil(first, 'install');
  await history.loseWorker(first);
  await history.buildUntil(first, 'bundle');
  history.clock.advance(1_000);
  await history.failStep(first, { message: 'Unexpected token.' });
  const second = await history.request('job-2', { retryOf: first });
  await history.complete(second);
  const third = await history.request('job-3');
  await history.command(third, { type: 'CancelBuild', reason: null });

  const readModels = await started(history.store);
  const { notifications, unreadCount } = readModels.notifications(ada);
  expect(notifications.map(({ id, title, message, actionUrl }) => [id, title, message, actionUrl]).reverse()).toEqual([
    ['job-1:queued:1', 'Build queued', 'Build #1 of “Shop” is waiting for a worker.', '/jobs/job-1'],
    ['job-1:started:1', 'Build started', 'Build #1 of “Shop” has started.', '/jobs/job-1'],
    [
      'job-1:retried:2',
      'Build will be retried',
      'Attempt 1 of build #1 of “Shop” failed. Attempt 2 starts soon.',
      '/jobs/job-1',
    ],
    ['job-1:failed:2', 'Build failed', 'Build #1 of “Shop” failed while bundling: Unexpected token.', '/jobs/job-1'],
    ['job-2:retried:1', 'Build retried', 'Build #2 of “Shop” repeats build #1.', '/jobs/job-2'],
    ['job-2:started:1', 'Build started', 'Build #2 of “Shop” has started.', '/jobs/job-2'],
    ['job-2:completed:1', 'Build completed', 'Build #2 of “Shop” is ready to look at.', 'http://shop-2.preview.test/'],
    ['job-3:queued:1', 'Build queued', 'Build #3 of “Shop” is waiting for a worker.', '/jobs/job-3'],
    ['job-3:cancelled:0', 'Build cancelled', 'Build #3 of “Shop” was cancelled.', '/jobs/job-3'],
  ]);
  expect(unreadCount).toBe(9);
  expect(notifications[0]?.createdAt).toBe('2026-03-01T08:00:01.000Z');
  expect([first, second, third].map((id) => readModels.job(id)?.notificationSent)).toEqual([true, true, true]);
});

test('the owner of a build that is set aside is told why, and who can go on with it', async () => {
  const history = createHistory();
  const job = await history.request('job-1');
  for (const _ of [1, 2]) {
    await history.buildUntil(job, 'install');
    await history.loseWorker(job, { alone: true });
  }
  const { notifications } = (await started(history.store)).notifications(ada);
  expect(notifications[0]).toMatchObject({
    type: 'failed',
    title: 'Build set aside',
    message:
      'Build #1 of “Shop” is set aside: its worker was lost 2 times while it had this build only:' +
      ' worker-1 (install), worker-1 (install). An operator can release it as a new build.',
  });
});

test('notifications are read one by one or all at once, and deleted, by their own user only', async () => {
  const history = createHistory();
  for (const user of [ada, bob]) await history.register(user);
  const job = await history.request('job-1');
  const readModels = await started(history.store);
  const read = (id: string) => history.user(ada, { type: 'ReadNotification', notificationId: id as NotificationId });
  const remove = (id: string) =>
    history.user(ada, { type: 'DeleteNotification', notificationId: id as NotificationId });
  const seen = async () => {
    await settled(readModels, history.store);
    const { notifications, unreadCount } = readModels.notifications(ada);
    return [...notifications.map(({ id, read }) => `${id} ${read ? 'read' : 'unread'}`), unreadCount];
  };

  await history.user(bob, { type: 'ReadNotification', notificationId: 'job-1:queued:1' as NotificationId });
  await history.user(bob, { type: 'DeleteNotification', notificationId: 'job-1:queued:1' as NotificationId });
  expect(await seen()).toEqual(['job-1:queued:1 unread', 1]);
  await history.claim(job);
  await read('job-1:queued:1');
  expect(await seen()).toEqual(['job-1:started:1 unread', 'job-1:queued:1 read', 1]);
  await history.user(ada, { type: 'ReadAllNotifications' });
  await history.complete(job);
  expect(await seen()).toEqual(['job-1:completed:1 unread', 'job-1:started:1 read', 'job-1:queued:1 read', 1]);
  await remove('job-1:completed:1');
  expect(await seen()).toEqual(['job-1:started:1 read', 'job-1:queued:1 read', 0]);
  expect(readModels.notification(ada, 'job-1:completed:1')).toBeNull();
  expect(readModels.notification(bob, 'job-1:started:1')).toBeNull();
  expect(readModels.notification(ada, 'job-1:started:1')).toMatchObject({ type: 'started', read: true });
  expect(readModels.job(job)?.notificationSent).toBe(true);
});

test('lists the fifty newest notifications', async () => {
  const history = createHistory();
  for (let n = 1; n <= 60; n++) await history.request(`job-${n}`);
  const readModels = await started(history.store);
  const { notifications, unreadCount } = readModels.notifications(ada);
  expect(notifications.map(({ jobId }) => jobId)).toEqual(Array.from({ length: 50 }, (_, n) => `job-${60 - n}`));
  expect(unreadCount).toBe(50);
});

test('a website knows its builds, and leaves the lists when it is deleted', async () => {
  const history = createHistory();
  const other = WebsiteId.parse('other');
  await history.createWebsite(shop, { name: 'Shop' });
  await history.createWebsite(other, { name: 'Shop' });
  const readModels = await started(history.store);
  expect(readModels.website(shop)).toStrictEqual({
    id: shop,
    name: 'Shop',
    slug: 'shop',
    type: 'unknown',
    ownerId: ada,
    settings: { packageManager: null, buildCommand: null, outputDirectory: null },
    createdAt: '2026-03-01T08:00:00.000Z',
    deleted: false,
    buildCount: 0,
    currentJobId: null,
    latestGoodJobId: null,
  });
  const jobs = [];
  for (const id of ['one', 'two', 'three']) jobs.push(await history.request(id));
  for (const job of jobs.slice(0, 2).reverse()) await history.complete(job); // The second one ends first.
  await history.website(shop, {
    type: 'ChangeWebsiteSettings',
    settings: { packageManager: 'pnpm', buildCommand: null, outputDirectory: null },
  });
  await settled(readModels, history.store);
  expect(readModels.website(shop)).toMatchObject({
    type: 'react',
    buildCount: 3,
    currentJobId: 'three',
    latestGoodJobId: 'two',
    settings: { packageManager: 'pnpm' },
  });
  expect(readModels.websites(ada).map(({ id }) => id)).toEqual([other, shop]);
  expect(readModels.websiteByName(ada, 'Shop')?.id).toBe(shop);
  expect(readModels.websiteByName(bob, 'Shop')).toBeNull();

  await history.website(shop, { type: 'DeleteWebsite' });
  await history.website(other, { type: 'RenameWebsite', name: 'Shop 2' });
  await settled(readModels, history.store);
  expect(readModels.websites(ada).map(({ name }) => name)).toEqual(['Shop 2']);
  expect(readModels.websiteByName(ada, 'Shop')).toBeNull();
  expect(readModels.website(shop)?.deleted).toBe(true);
});

test('a label shows its own build, a slug the latest good one, and neither what is stopped, expired or deleted', async () => {
  const history = createHistory();
  await history.createWebsite(shop);
  const [first, second] = [await history.request('job-1'), await history.request('job-2')];
  for (const job of [first, second]) {
    await history.buildUntil(job, 'preview');
    await history.startPreview(job, { expiresAt: '2026-03-01T09:00:00.000Z' });
  }
  const readModels = await started(history.store);
  const shown = async (label: string, now = '2026-03-01T08:30:00.000Z') => {
    await settled(readModels, history.store);
    return readModels.previewByLabel(label, now)?.artifactId ?? null;
  };
  expect(await shown('shop')).toBeNull(); // No build is good before it has ended.
  expect(await shown('shop-2')).toBe(outputOf(second));
  await history.complete(second);
  await history.complete(first);
  expect(await shown('shop')).toBe(outputOf(second));
  expect(await shown('shop-1')).toBe(outputOf(first));
  expect(await shown('shop-3')).toBeNull();
  expect(await shown('shop-1', '2026-03-01T09:00:00.000Z')).toBeNull();
  expect(readModels.previewByLabel('shop-1', '2026-03-01T08:59:59.999Z')).toStrictEqual({
    jobId: first,
    websiteId: shop,
    artifactId: outputOf(first),
    spa: true,
    expiresAt: '2026-03-01T09:00:00.000Z',
  });

  await history.stopPreview(second);
  expect(await shown('shop')).toBeNull();
  expect(readModels.job(second)?.previewLive).toBe(false);
  expect(readModels.livePreviews(shop).map(({ jobId }) => jobId)).toEqual([first]);
  await history.startPreview(second);
  expect(await shown('shop', '2030-01-01T00:00:00.000Z')).toBe(outputOf(second));
  await history.website(shop, { type: 'DeleteWebsite' });
  expect([await shown('shop'), await shown('shop-1')]).toEqual([null, null]);
  expect(readModels.livePreviews(shop).map(({ jobId }) => jobId)).toEqual([second, first]);
});

test('tokens, links and sessions open an account until they are revoked, spent, over or ended', async () => {
  const history = createHistory();
  await history.register(bob);
  await history.register(ada, 'admin');
  const expiresAt = '2026-03-01T09:00:00.000Z';
  const later = '2026-03-01T10:00:00.000Z';
  await history.user(bob, { type: 'IssueApiToken', tokenId: 't1', tokenHash: hash('token'), label: 'laptop' });
  await history.user(ada, { type: 'IssueSignInLink', linkHash: hash('link'), expiresAt });
  const readModels = await started(history.store);
  expect(readModels.firstAdmin()).toStrictEqual({ id: ada, role: 'admin' });
  expect(readModels.user(bob)).toStrictEqual({ id: bob, role: 'user' });
  expect(readModels.userByTokenHash(hash('token'))?.id).toBe(bob);
  expect(readModels.userByTokenHash('token')).toBeNull();
  expect(readModels.userByLinkHash(hash('link'))?.id).toBe(ada);

  await history.user(bob, { type: 'RevokeApiToken', tokenId: 't1' });
  const signIn = {
    type: 'SignInByLink',
    linkHash: hash('link'),
    sessionHash: hash('session'),
    expiresAt: later,
  } as const;
  await history.user(ada, signIn);
  await settled(readModels, history.store);
  expect(readModels.userByTokenHash(hash('token'))).toBeNull();
  expect(readModels.userByLinkHash(hash('link'))).toBeNull();
  expect(readModels.userBySessionHash(hash('session'), expiresAt)?.id).toBe(ada);
  expect(readModels.userBySessionHash(hash('session'), later)).toBeNull();
  await history.user(ada, { type: 'EndSession', sessionHash: hash('session') });
  await settled(readModels, history.store);
  expect(readModels.userBySessionHash(hash('session'), expiresAt)).toBeNull();
});

test('keeps only the newest unused sign-in links of a user', async () => {
  const history = createHistory();
  await history.register(ada);
  const expiresAt = '2026-03-01T09:00:00.000Z';
  for (let n = 0; n < 22; n++) await history.user(ada, { type: 'IssueSignInLink', linkHash: hash(`${n}`), expiresAt });
  const readModels = await started(history.store);
  const known = Array.from({ length: 22 }, (_, n) => readModels.userByLinkHash(hash(`${n}`)) !== null);
  expect(known).toEqual([false, false, ...new Array(20).fill(true)]);
});

test('artifacts are referred to while something may still need them', async () => {
  const history = createHistory();
  const blog = WebsiteId.parse('blog');
  for (const website of [shop, blog]) await history.createWebsite(website);
  const good = await history.request('good');
  await history.complete(good);
  await history.startPreview(good);
  await history.sealLog(good);
  const bad = await history.request('bad');
  await history.buildUntil(bad, 'preview');
  await history.failStep(bad);
  const open = await history.request('open', { websiteId: blog });
  await history.buildUntil(open, 'preview');
  const readModels = await started(history.store);
  const referenced = async () => {
    await settled(readModels, history.store);
    return [...readModels.referencedArtifacts()].sort();
  };
  expect(await referenced()).toEqual(
    ['log-good', 'output-good', 'output-open', 'source-bad', 'source-good', 'source-open'].map((id) =>
      ArtifactId.parse(id),
    ),
  );
  for (const website of [shop, blog]) await history.website(website, { type: 'DeleteWebsite' });
  expect(await referenced()).toEqual(['log-good', 'output-open', 'source-open']);
  await history.complete(open);
  expect(await referenced()).toEqual(['log-good']);
});
