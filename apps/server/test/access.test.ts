import type { JobId } from '@yardmaster/domain';
import { Problem } from '@yardmaster/protocol';
import { describe, expect, it } from 'vitest';
import { driveBuild } from './build-driver.ts';
import { idOf, startTestServer, type TestServer } from './server-fixture.ts';

interface World {
  readonly server: TestServer;
  readonly jobId: JobId;
  readonly websiteId: string;
  readonly notificationId: string;
}

/** Every route that names something of somebody's, and the body that it would take. */
const routesOfAnOwner: readonly (readonly [string, (world: World) => string, unknown?])[] = [
  ['GET', ({ jobId }) => `/jobs/${jobId}`],
  ['GET', ({ jobId }) => `/jobs/${jobId}/logs`],
  ['GET', ({ jobId }) => `/jobs/${jobId}/events`],
  ['GET', ({ jobId }) => `/jobs/${jobId}/replay`],
  ['DELETE', ({ jobId }) => `/jobs/${jobId}`],
  ['POST', ({ jobId }) => `/jobs/${jobId}/retry`],
  ['PATCH', ({ jobId }) => `/jobs/${jobId}/priority`, { priority: 9 }],
  ['GET', ({ websiteId }) => `/${websiteId}/build-status`],
  ['GET', ({ websiteId }) => `/websites/${websiteId}`],
  ['PATCH', ({ websiteId }) => `/websites/${websiteId}`, { name: 'mine now' }],
  ['DELETE', ({ websiteId }) => `/websites/${websiteId}`],
  ['GET', ({ websiteId }) => `/websites/${websiteId}/builds`],
  ['GET', ({ websiteId }) => `/websites/${websiteId}/settings`],
  ['PUT', ({ websiteId }) => `/websites/${websiteId}/settings`, {}],
  ['PATCH', ({ notificationId }) => `/user/notifications/${notificationId}/read`],
  ['DELETE', ({ notificationId }) => `/user/notifications/${notificationId}`],
];

/** Those beside them that need a sign-in. */
const otherRoutes: readonly (readonly [string, string])[] = [
  ['GET', '/auth/me'],
  ['POST', '/auth/link'],
  ['POST', '/auth/sign-out'],
  ['GET', '/auth/sessions'],
  ['DELETE', '/auth/sessions'],
  ['POST', '/upload'],
  ['GET', '/user/queue'],
  ['GET', '/user/queue/stream'],
  ['GET', '/user/notifications'],
  ['PATCH', '/user/notifications/read-all'],
  ['GET', '/admin/dead-letters'],
  ['POST', '/admin/dead-letters/any/release'],
  ['GET', '/websites'],
  ['POST', '/websites'],
];

async function aWorld(): Promise<World> {
  const server = await startTestServer();
  const { answer } = await server.upload();
  const { notifications } = await server.get<{ notifications: { id: string }[] }>('/user/notifications');
  const notificationId = encodeURIComponent(notifications[0]?.id ?? '');
  return { server, jobId: idOf(answer), websiteId: answer.website.id, notificationId };
}

describe('access', () => {
  it('needs a sign-in on every route', async () => {
    const world = await aWorld();
    const routes = [...routesOfAnOwner.map(([method, path]) => [method, path(world)] as const), ...otherRoutes];
    for (const [method, path] of routes) {
      for (const headers of [{}, { Authorization: 'Bearer ym_wrong' }, { Cookie: 'yardmaster_session=wrong' }]) {
        const response = await world.server.ask(path, { as: null, method, headers });
        expect([method, path, response.status]).toEqual([method, path, 401]);
        expect(response.headers.get('WWW-Authenticate')).toContain('Bearer');
        expect(Problem.parse(await response.json()).code).toBe('not-signed-in');
      }
    }
  });

  it('hides what belongs to somebody else on every route, as if it did not exist', async () => {
    const world = await aWorld();
    const stranger = await world.server.register('stranger', 'user');
    for (const [method, path, json] of routesOfAnOwner) {
      const asking = { as: stranger, method, ...(json === undefined ? {} : { json }) };
      const foreign = await world.server.ask(path(world), asking);
      const missing = await world.server.ask(
        path({ ...world, jobId: 'no' as JobId, websiteId: 'no', notificationId: 'no' }),
        asking,
      );
      expect([method, path(world), foreign.status]).toEqual([method, path(world), 404]);
      expect(await foreign.json()).toEqual(await missing.json());
    }
    const form = new FormData();
    form.set('websiteId', world.websiteId);
    form.append('files', new Blob(['x']), 'a.zip');
    expect((await world.server.ask('/upload', { as: stranger, method: 'POST', body: form })).status).toBe(404);
    expect(await world.server.get('/user/queue', { as: stranger })).toMatchObject({ totalActive: 0 });
    expect(await world.server.get('/user/notifications', { as: stranger })).toMatchObject({ notifications: [] });
    expect(await world.server.get('/websites', { as: stranger })).toEqual({ websites: [] });
    expect(await world.server.get(`/jobs/${world.jobId}`)).toMatchObject({ status: 'queued' });
  });

  it('lets operators look after everybody’s builds, and nobody else change a priority', async () => {
    const server = await startTestServer();
    const user = await server.register('somebody', 'user');
    const operator = await server.register('operator', 'operator');
    const { answer } = await server.upload({ as: user });
    const path = `/jobs/${idOf(answer)}`;
    const own = await server.ask(`${path}/priority`, { as: user, method: 'PATCH', json: { priority: 9 } });
    expect([own.status, ((await own.json()) as { code: string }).code]).toEqual([403, 'role-too-low']);
    const byOperator = await server.ask(`${path}/priority`, { as: operator, method: 'PATCH', json: { priority: 9 } });
    expect(byOperator.status).toBe(200);
    expect(await server.get(path, { as: user })).toMatchObject({ priority: 9 });
    expect((await server.ask(path, { as: operator, method: 'DELETE' })).status).toBe(202);
    expect(await server.get(path, { as: user })).toMatchObject({ status: 'cancelled' });
    const { events } = await server.get<{ events: { type: string; metadata: object }[] }>(`${path}/events`);
    expect(events.at(-1)).toMatchObject({ metadata: { actor: { kind: 'user', userId: 'operator' } } });
    expect((await server.ask(`/websites/${answer.website.id}`, { as: operator })).status).toBe(404);
  });

  it('to artifacts is for the current attempt of the one job of the token', async () => {
    const server = await startTestServer();
    const { answer } = await server.upload();
    const jobId = idOf(answer);
    const build = driveBuild(server, jobId);
    await build.claim();
    const { artifactTokens, clock } = server.parts;
    const inAnHour = new Date(clock.now().getTime() + 3_600_000).toISOString();
    const ask = async (token: string, id: string = jobId) => {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await server.ask(`/artifacts/jobs/${id}/source`, { as: null, headers });
      return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
    };
    const token = artifactTokens.issue({ jobId, attempt: 1, expiresAt: inAnHour });
    const source = await ask(token);
    expect(source.status).toBe(200);
    expect(source.body.subarray(0, 2).toString()).toBe('PK');
    expect((await ask(server.admin.token)).status).toBe(401);
    expect((await ask(`${token.slice(0, -2)}xx`)).status).toBe(401);
    expect((await ask(token.replace('.1.', '.2.'))).status).toBe(401);
    expect((await ask(token, 'another')).status).toBe(401);
    expect((await ask(artifactTokens.issue({ jobId, attempt: 1, expiresAt: '2020-01-01T00:00:00.000Z' }))).status).toBe(
      401,
    );
    expect((await ask(artifactTokens.issue({ jobId, attempt: 2, expiresAt: inAnHour }))).status).toBe(409);
    await build.fail();
    expect((await ask(token)).status).toBe(409);
  });
});
