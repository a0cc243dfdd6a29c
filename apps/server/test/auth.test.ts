import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { apiPath } from '../src/http/app.ts';
import { startTestServer, type TestServer } from './server-fixture.ts';

describe('signing in', () => {
  it('works once with a link, sets a cookie that scripts and other sites cannot use, and goes to the dashboard', async () => {
    const server = await startTestServer();
    const link = await server.ask('/auth/link', { method: 'POST' });
    expect(link.status).toBe(201);
    const { url, expiresAt } = (await link.json()) as { url: string; expiresAt: string };
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
    const page = url.replace('http://localhost', 'http://127.0.0.1');

    const head = await server.ask(page, { as: null, method: 'HEAD' });
    expect(head.headers.get('Set-Cookie') ?? '').not.toContain('yardmaster_session'); // a link checker spends nothing
    const first = await server.ask(page, { as: null });
    expect([first.status, first.headers.get('Location')]).toEqual([303, '/']);
    const cookie = first.headers.getSetCookie().find((each) => each.startsWith('yardmaster_session=')) ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Lax/);
    expect(cookie).not.toMatch(/Domain=|Secure/);
    const session = cookie.split(';')[0] ?? '';
    const me = await server.ask('/auth/me', { as: null, headers: { Cookie: session } });
    expect(await me.json()).toEqual({ id: 'admin', role: 'admin', via: 'session' });

    const second = await server.ask(page, { as: null });
    expect(second.status).toBe(404);
    expect(await second.text()).toContain('This link does not sign you in');
    expect(second.headers.getSetCookie()).toEqual([]);
    const again = await server.ask(page, { as: null, headers: { Cookie: session } });
    expect(again.headers.get('Location')).toBe('/');
    expect((await server.ask(`${server.url}/sign-in?code=admin.wrong`, { as: null })).status).toBe(404);
  });

  it('uses Secure cookies, which no other host can plant, where people come by https', async () => {
    const server = await startTestServer({ env: { YARDMASTER_PUBLIC_URL: 'https://builds.example.com' } });
    const { url } = await server.get<{ url: string }>('/auth/link', { method: 'POST' });
    expect(url).toMatch(/^https:\/\/builds\.example\.com\/sign-in\?code=/);
    const signedIn = await server.ask(url.replace('https://builds.example.com', server.url), { as: null });
    const setCookie = signedIn.headers.getSetCookie().find((each) => each.startsWith('__Host-')) ?? '';
    expect(setCookie).toMatch(/^__Host-yardmaster_session=[^;]+; Path=\/; .*Secure/);
    expect(setCookie).not.toContain('Domain=');
    const cookie = setCookie.split(';')[0] ?? '';
    expect((await server.ask('/auth/me', { as: null, headers: { Cookie: cookie } })).status).toBe(200);
    const planted = { Cookie: cookie.replace('__Host-', '') };
    expect((await server.ask('/auth/me', { as: null, headers: planted })).status).toBe(401);
    expect(signedIn.headers.get('Strict-Transport-Security')).toBeTruthy();
  });

  it('is listed as a session, and ends by signing out, here or everywhere else', async () => {
    const server = await startTestServer();
    const [here, there] = [await server.signIn(server.admin), await server.signIn(server.admin)];
    const own = { as: null, headers: { Cookie: here, Origin: server.url } };
    const { sessions } = await server.get<{ sessions: { id: string; current: boolean }[] }>('/auth/sessions', own);
    expect(sessions.map(({ current }) => current)).toEqual([true, false]);
    expect(JSON.stringify(sessions)).not.toContain('hash');
    expect((await server.ask('/auth/sessions', { ...own, method: 'DELETE' })).status).toBe(200);
    const elsewhere = await server.ask('/auth/me', { as: null, headers: { Cookie: there } });
    expect(elsewhere.status).toBe(401);
    const out = await server.ask('/auth/sign-out', { ...own, method: 'POST' });
    expect(out.headers.getSetCookie().join()).toContain('yardmaster_session=;');
    expect((await server.ask('/auth/me', own)).status).toBe(401);
  });

  it('by cookie changes nothing for another site', async () => {
    const server = await startTestServer();
    const cookie = await server.signIn(server.admin);
    const create = async (headers: Readonly<Record<string, string>>) => {
      const response = await server.ask('/websites', {
        as: null,
        method: 'POST',
        json: { name: 'x' },
        headers: { Cookie: cookie, ...headers },
      });
      return [response.status, ((await response.json()) as { code?: string }).code];
    };
    expect(await create({})).toEqual([403, 'cross-site-request']);
    expect(await create({ Origin: 'https://evil.example' })).toEqual([403, 'cross-site-request']);
    expect(await create({ Origin: 'null' })).toEqual([403, 'cross-site-request']);
    expect(await create({ Origin: `http://x.preview.localhost:${server.port}` })).toEqual([403, 'cross-site-request']);
    expect(await create({ 'Sec-Fetch-Site': 'cross-site' })).toEqual([403, 'cross-site-request']);
    expect(await create({ 'Sec-Fetch-Site': 'same-origin' })).toEqual([201, undefined]);
    expect(await create({ Origin: server.url })).toEqual([201, undefined]);
    expect(await create({ Origin: `http://localhost:${server.port}` })).toEqual([201, undefined]);
    expect(await create({ Origin: `http://[::1]:${server.port}` })).toEqual([201, undefined]);
    const rebound = { Host: 'evil.example', Origin: 'http://evil.example' };
    expect(await changeByHost(server, { Cookie: cookie, ...rebound })).toBe(403);
    expect(await changeByHost(server, { Cookie: cookie, Host: 'evil.example', Origin: server.url })).toBe(201);
    const read = await server.ask('/websites', { as: null, headers: { Cookie: cookie } });
    expect(read.status).toBe(200);
  });
});

/** The status of a POST whose Host is chosen, which `fetch` does not allow. */
function changeByHost(server: TestServer, headers: Readonly<Record<string, string>>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = { 'Content-Type': 'application/json', ...headers };
    request(`${server.url}${apiPath}/websites`, { method: 'POST', headers: sent }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end('{"name":"x"}');
  });
}
