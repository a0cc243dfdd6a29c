import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { verifyStore } from '@yardmaster/application';
import { Problem, SystemHealth, UploadAnswer } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGateway } from '../src/gateway.ts';
import { apiPath } from '../src/http/app.ts';
import { openLive } from './live-client.ts';
import { aWebsiteZip, idOf, startTestServer, type TestServer } from './server-fixture.ts';
import { canMount, mountSmallDisk } from './small-disk.ts';

/** What `/readyz` says beside the rest. */
const readiness = async (server: TestServer): Promise<SystemHealth & { readonly store: string }> => {
  const response = await server.ask(`${server.url}/readyz`);
  return (await response.json()) as SystemHealth & { store: string };
};

const codesOf = ({ problems }: SystemHealth) => problems.map(({ code }) => code);

describe('how a server finds itself', () => {
  it('is told to everybody who is signed in, and by /readyz to everybody else', async () => {
    const server = await startTestServer();
    const someone = await server.register('someone', 'user');
    expect((await server.ask('/health', { as: null })).status).toBe(401);
    const told = SystemHealth.parse(await server.get('/health', { as: someone }));
    expect(told.server.id).toBe('server');
    const now = SystemHealth.parse(await readiness(server));
    expect([now.status, codesOf(now)]).toEqual(['degraded', ['messaging-unavailable']]);
  });

  it('comes on the topic health: as it is, and with each change', async () => {
    const server = await startTestServer();
    const live = await openLive(server);
    live.subscribe('health');
    const first = await live.until(({ topic }) => topic === 'health');
    expect([first.type, first.position, SystemHealth.safeParse(first.health).success]).toEqual([
      'snapshot',
      null,
      true,
    ]);
    const changed = await live.until(({ health }) => health?.status === 'degraded');
    expect(codesOf(changed.health as SystemHealth)).toEqual(['messaging-unavailable']);
    expect(await server.get('/health')).toEqual(changed.health);
    live.close();
  });

  it('says that read models were made anew, and why', async () => {
    const server = await startTestServer();
    await server.upload();
    await server.stop();
    rmSync(join(server.dataDir, 'read-models.sqlite'));
    const again = await startTestServer({ dataDir: server.dataDir });
    const { problems } = await readiness(again);
    expect(problems.find(({ code }) => code === 'read-models-rebuilt')?.message).toContain('They were missing');
    expect((await again.get<{ websites: unknown[] }>('/websites')).websites).toHaveLength(1);
  });
});

describe('a server whose disk has no room', () => {
  it('refuses uploads and outputs before anything is written, and takes in what fits', async () => {
    const server = await startTestServer();
    const asked: unknown[] = [];
    const disk = {
      hasRoomFor: async (what: 'upload' | 'output', bytes: number) => {
        asked.push([what, bytes > 0]);
        return false;
      },
    };
    const url = await serveGateway({ ...server.parts, disk });
    const form = new FormData();
    form.set('name', 'Garden club');
    form.append('files', new Blob([new Uint8Array(aWebsiteZip())]), 'website.zip');
    const headers = { Authorization: `Bearer ${server.admin.token}` };
    const response = await fetch(`${url}${apiPath}/upload`, { method: 'POST', body: form, headers });
    expect([response.status, response.headers.get('Retry-After')]).toEqual([507, '60']);
    expect(Problem.parse(await response.json()).code).toBe('disk-full');
    expect(asked).toEqual([['upload', true]]);
    expect(await server.stored()).toEqual({ artifacts: [], staging: [] });
    expect((await server.upload()).response.status).toBe(201);
  });

  it.skipIf(!canMount())(
    'loses and breaks nothing when it is filled to the last byte, and goes on by itself (skipped: where nothing can be mounted)',
    async () => {
      const disk = mountSmallDisk({ sizeBytes: 24 * 1024 * 1024 });
      const server = await startTestServer({ dataDir: disk.folder });
      const before = await server.upload();
      expect(before.response.status).toBe(201);

      disk.fill({ leaveBytes: 2_000_000 });
      const refused = await server.upload();
      expect([refused.response.status, Problem.parse(refused.answer).code]).toEqual([507, 'disk-full']);
      expect(codesOf(await readiness(server))).toContain('disk-full');
      // The reserve is for what was accepted.
      const cancel = await server.ask(`/jobs/${idOf(before.answer)}`, { method: 'DELETE' });
      expect(cancel.status).toBe(202);

      disk.fill({ leaveBytes: 0 });
      const accepted: string[] = [];
      await vi.waitFor(
        async () => {
          const name = `website ${accepted.length}`;
          const response = await server.ask('/websites', { method: 'POST', json: { name } });
          if (response.status === 201) accepted.push(name);
          expect(response.status).toBe(503);
        },
        { timeout: 20_000, interval: 1 },
      );
      const full = await readiness(server);
      expect([full.status, full.store]).toEqual(['degraded', 'failing']);
      expect(codesOf(full)).toEqual(expect.arrayContaining(['event-store-unavailable', 'disk-full']));
      expect((await server.ask('/websites')).status).toBe(200);

      disk.free();
      await vi.waitFor(async () => expect(codesOf(await readiness(server))).toEqual(['messaging-unavailable']), 20_000);
      const after = await server.upload({ name: 'After' });
      expect(UploadAnswer.safeParse(after.answer).success).toBe(true);
      const { websites } = await server.get<{ websites: { name: string }[] }>('/websites');
      expect(websites.map(({ name }) => name)).toEqual(expect.arrayContaining([...accepted, 'Garden club', 'After']));
      expect((await verifyStore({ store: server.parts.store })).named).toEqual([]);
      expect((await server.stored()).staging).toEqual([]);
      expect(server.parts.readModels.quarantined()).toEqual([]);
    },
  );
});

describe.skipIf(!canMount())('a server that starts on a full disk (skipped: where nothing can be mounted)', () => {
  it('waits until there is room, and has lost nothing', async () => {
    const disk = mountSmallDisk({ sizeBytes: 24 * 1024 * 1024 });
    const first = await startTestServer({ dataDir: disk.folder });
    await first.upload();
    await first.stop();
    disk.fill({ leaveBytes: 0 });
    const waiting = Promise.withResolvers<void>();
    const starting = startTestServer({ dataDir: disk.folder, onWaiting: waiting.resolve });
    await Promise.race([waiting.promise, starting]);
    disk.free();
    const server = await starting;
    expect((await server.get<{ websites: unknown[] }>('/websites')).websites).toHaveLength(1);
    expect((await verifyStore({ store: server.parts.store })).named).toEqual([]);
  });
});

/** The routes once more, on other parts. */
async function serveGateway(parts: TestServer['parts']): Promise<string> {
  const gateway = createGateway(parts);
  const http = createServer(gateway.handlers.request);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    await gateway.stop();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}
