import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { silentLog } from '@yardmaster/application';
import { defaultArchiveLimits, packFolder } from '@yardmaster/build-runner';
import { BuildSettings, type Report } from '@yardmaster/domain';
import { ClaimReply, lastReportKinds } from '@yardmaster/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAttempt } from '../src/attempt.ts';
import { createServerChoice } from '../src/server-choice.ts';
import type { Grant } from '../src/slot-machine.ts';

const grant = ClaimReply.parse({
  granted: true,
  jobId: 'job-1',
  attempt: 1,
  leaseMs: 1_000,
  source: {
    artifactId: '0198c0de-0000-7000-8000-000000000000',
    format: 'tar.gz',
    sha256: '0'.repeat(64),
    sizeBytes: 1,
    originalName: 'site.tar.gz',
    websiteType: 'static',
  },
  settings: BuildSettings.parse({}),
  preview: 'static',
  previewName: 'site-1',
  artifactToken: 'a token',
}) as Grant; // It is granted.

type Route = 'source' | 'output' | 'preview';

/** An attempt at a plain website, which needs no program, with a server that answers but where it is to be silent. */
async function anAttempt({ silentAt = null }: { readonly silentAt?: Route | null } = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'yardmaster-attempt-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [site, workspaces] = [join(folder, 'site'), join(folder, 'workspaces')];
  for (const each of [site, workspaces]) await mkdir(each);
  await writeFile(join(site, 'index.html'), '<h1>a garden</h1>');
  const asked = Promise.withResolvers<void>();
  const serverUrl = await serve((request, response) => {
    const route = (/(source|output)$/.exec(request.url ?? '')?.[1] ?? 'preview') as Route;
    if (route === silentAt) return asked.resolve();
    if (route === 'source') return void packFolder(site).then((packed) => pipeline(packed, response));
    request.resume();
    response.end(JSON.stringify({ artifactId: '0198c0de-0000-7000-8000-000000000001', files: 1, sizeBytes: 1 }));
  });
  const workspace = join(workspaces, 'job-1-1');
  const reports: { readonly report: Report; readonly withWorkspace: boolean }[] = [];
  const start = () =>
    startAttempt({
      grant,
      log: silentLog,
      messaging: {
        async sendReport(_jobId, report) {
          reports.push({ report, withWorkspace: existsSync(workspace) });
          return true;
        },
        sendLogs: async () => true,
      },
      site: {
        owner: `test-${process.pid}/worker`,
        workspaces,
        cacheDirectory: join(folder, 'cache'),
        toolsDirectory: join(folder, 'tools'),
        servers: createServerChoice([serverUrl]),
        previewDomain: 'preview.localhost',
        limits: defaultArchiveLimits,
        hostEnvironment: {},
      },
    });
  /** `asked` resolves when the server was asked what it is silent about. */
  return { start, asked: asked.promise, reports, workspace, workspaces };
}

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // It listens on a port.
}

/** Ends the attempt and hands over its last report, which is the only last one. */
async function lastOf(attempt: ReturnType<typeof startAttempt>, { reports }: Awaited<ReturnType<typeof anAttempt>>) {
  await attempt.ended;
  attempt.release();
  expect(reports.filter(({ report }) => lastReportKinds.has(report.kind))).toEqual(reports.slice(-1));
  return reports.at(-1);
}

const nothing = { killedProcesses: 0, killed: { processes: [], ports: [], workspaceRemoved: true }, proven: true };

describe('the last report of an attempt', () => {
  it('is made when its workspace is gone', async () => {
    const made = await anAttempt();
    const last = await lastOf(made.start(), made);
    expect(made.reports.map(({ report }) => report.kind)).toContain('output-published');
    expect(last).toMatchObject({ report: { kind: 'finished' }, withWorkspace: false });
  });

  it.each(['source', 'output', 'preview'] as const)(
    'says that there was nothing to kill when it was stopped while it waited for the server (%s)',
    async (silentAt) => {
      const made = await anAttempt({ silentAt });
      const attempt = made.start();
      await made.asked;
      attempt.stop('asked');
      expect(await lastOf(attempt, made)).toMatchObject({
        report: { kind: 'stopped', ...nothing },
        withWorkspace: false,
      });
    },
  );

  it('hands the build back, with the same proof, when the worker leaves', async () => {
    const made = await anAttempt({ silentAt: 'output' });
    const attempt = made.start();
    await made.asked;
    attempt.stop('worker-leaves');
    expect(await lastOf(attempt, made)).toMatchObject({
      report: { kind: 'returned', ...nothing },
      withWorkspace: false,
    });
  });

  it('claims no proof when the workspace cannot be removed', async (test) => {
    const made = await anAttempt({ silentAt: 'output' });
    const attempt = made.start();
    await made.asked;
    const file = join(made.workspace, 'kept');
    await writeFile(file, 'x');
    const isKept = spawnSync('chattr', ['+i', file]).status === 0;
    onTestFinished(() => void spawnSync('chattr', ['-i', file]));
    attempt.stop('asked');
    const last = await lastOf(attempt, made);
    // Only an administrator can make a file immutable, and not on every file system.
    test.skip(!isKept);
    expect(last?.report).toMatchObject({ kind: 'stopped', killed: { workspaceRemoved: false }, proven: false });
  });

  it('claims no proof when the attempt broke', async () => {
    const made = await anAttempt();
    await rm(made.workspaces, { recursive: true });
    await writeFile(made.workspaces, 'no folder');
    expect((await lastOf(made.start(), made))?.report).toMatchObject({ kind: 'stopped', proven: false });
  });

  it('goes by the first reason to stop', async () => {
    const made = await anAttempt({ silentAt: 'source' });
    const attempt = made.start();
    await made.asked;
    attempt.stop('asked');
    attempt.stop('worker-leaves');
    expect((await lastOf(attempt, made))?.report).toMatchObject({ kind: 'stopped', ...nothing });
  });
});
