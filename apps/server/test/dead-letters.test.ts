import { DeadLetterList, JobDetail, NewJobAnswer } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { driveBuild } from './build-driver.ts';
import { type Asking, idOf, startTestServer } from './server-fixture.ts';

/** A server with a user's build that was set aside, and an operator. */
async function aWorld() {
  const server = await startTestServer();
  const [owner, operator] = [await server.register('owner', 'user'), await server.register('operator', 'operator')];
  const { answer } = await server.upload({ as: owner });
  const jobId = idOf(answer);
  await driveBuild(server, jobId).killItsWorkers();
  const post = async (path: string, asking: Asking) => {
    const response = await server.ask(path, { method: 'POST', ...asking });
    return { status: response.status, location: response.headers.get('Location'), body: await response.json() };
  };
  return {
    server,
    owner,
    operator,
    jobId,
    website: answer.website,
    retry: (asking: Asking) => post(`/jobs/${jobId}/retry`, asking),
    release: (asking: Asking, id: string = jobId) => post(`/admin/dead-letters/${id}/release`, asking),
    list: async () => DeadLetterList.parse(await server.get('/admin/dead-letters', { as: operator })),
    detail: async (id: string) => JobDetail.parse(await server.get(`/jobs/${id}`, { as: operator })),
  };
}

describe('a build that is set aside', () => {
  it('is listed with its evidence for operators and admins only', async () => {
    const { server, owner, jobId, website, list, detail } = await aWorld();
    const { deadLetters, total } = await list();
    const loss = { workerId: 'worker-1', step: null, reason: 'It fell silent.', alone: true };
    const losses = [
      { ...loss, attempt: 1 },
      { ...loss, attempt: 2 },
    ];
    const { completedAt, error, deadLetter } = await detail(jobId);
    expect(error?.code).toBe('poison-build');
    expect(deadLetter).toEqual({ losses, releasedAs: null });
    expect({ deadLetters, total }).toEqual({
      deadLetters: [
        {
          jobId,
          websiteId: website.id,
          websiteName: website.name,
          ownerId: 'owner',
          buildNumber: 1,
          failedAt: completedAt,
          error,
          losses,
          releasedAs: null,
        },
      ],
      total: 1,
    });
    expect(await server.get('/admin/dead-letters')).toEqual({ deadLetters, total });
    const asOwner = await server.ask('/admin/dead-letters', { as: owner });
    expect([asOwner.status, await asOwner.json()]).toMatchObject([403, { code: 'role-too-low' }]);
  });

  it('is no build that its owner may retry or release', async () => {
    const { owner, retry, release, list } = await aWorld();
    expect(await retry({ as: owner })).toMatchObject({
      status: 409,
      body: { code: 'dead-letter', currentStatus: 'failed' },
    });
    expect(await release({ as: owner })).toMatchObject({ status: 403, body: { code: 'role-too-low' } });
    expect(await list()).toMatchObject({ deadLetters: [{ releasedAs: null }] });
  });

  it('becomes one new build of its owner, however often and by whomever it is released', async () => {
    const { server, owner, operator, jobId, release, list, detail } = await aWorld();
    const first = await release({ as: operator, headers: { 'Idempotency-Key': 'once' } });
    const { jobId: newJobId } = NewJobAnswer.parse(first.body);
    expect(first).toMatchObject({ status: 202, body: { success: true, queuePosition: 1 } });
    expect(first.location).toBe(`/api/website-builder/jobs/${newJobId}`);
    expect(await release({ as: operator, headers: { 'Idempotency-Key': 'once' } })).toEqual(first);
    expect(await release({ as: server.admin })).toEqual(first);

    expect(await list()).toMatchObject({ deadLetters: [{ jobId, releasedAs: newJobId }], total: 1 });
    expect((await detail(jobId)).deadLetter).toMatchObject({ releasedAs: newJobId });
    expect(await server.get(`/jobs/${newJobId}`, { as: owner })).toMatchObject({ retryOf: jobId, buildNumber: 2 });
    const { events } = await server.get<{ events: unknown[] }>(`/jobs/${newJobId}/events`);
    expect(events[0]).toMatchObject({ metadata: { actor: { kind: 'user', userId: 'operator' } } });
  });

  it('is released once also by two operators at the same moment', async () => {
    const { server, operator, release } = await aWorld();
    const [one, another] = await Promise.all([release({ as: operator }), release({ as: server.admin })]);
    expect([one.status, another.status]).toEqual([202, 202]);
    expect(NewJobAnswer.parse(one.body).jobId).toBe(NewJobAnswer.parse(another.body).jobId);
  });

  it('may be retried by an operator, which releases it; a second one is told so', async () => {
    const { operator, retry, release, list } = await aWorld();
    const { jobId: newJobId } = NewJobAnswer.parse((await retry({ as: operator })).body);
    expect(await list()).toMatchObject({ deadLetters: [{ releasedAs: newJobId }] });
    expect(await release({ as: operator })).toMatchObject({
      status: 409,
      body: { code: 'dead-letter-released', releasedAs: newJobId },
    });
  });

  it('is one no more when its website is deleted, since nothing can be released then', async () => {
    const { server, owner, operator, website, release, list } = await aWorld();
    expect((await server.ask(`/websites/${website.id}`, { as: owner, method: 'DELETE' })).status).toBe(200);
    expect(await list()).toEqual({ deadLetters: [], total: 0 });
    expect(await release({ as: operator })).toMatchObject({ status: 404, body: { code: 'website-not-found' } });
  });
});

it('finds nothing to release in any other build', async () => {
  const { server, owner, operator, release } = await aWorld();
  const other = idOf((await server.upload({ as: owner, name: 'Another' })).answer);
  for (const id of [other, 'no-build', 'no build']) {
    expect(await release({ as: operator }, encodeURIComponent(id))).toMatchObject({
      status: 404,
      body: { code: 'not-found', detail: 'There is no such dead letter.' },
    });
  }
});

it('tells of a cancelled build how it was ended', async () => {
  const { server, owner, detail } = await aWorld();
  const id = idOf((await server.upload({ as: owner, name: 'Another' })).answer);
  const build = driveBuild(server, id);
  await build.claim();
  expect((await server.ask(`/jobs/${id}`, { as: owner, method: 'DELETE' })).status).toBe(202);
  expect(await detail(id)).toMatchObject({ cancellation: null, deadLetter: null });
  const killed = { processes: [{ pid: 4_711, command: 'node' }], ports: [5_173], workspaceRemoved: true };
  await build.report({ kind: 'stopped', killedProcesses: 1, proven: true, killed });
  expect((await detail(id)).cancellation).toEqual({ killedProcesses: 1, proven: true, killed });
});
