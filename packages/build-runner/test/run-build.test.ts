import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildJobEvent } from '@yardmaster/domain';
import { describe, expect, it } from 'vitest';
import { nothingKilled } from '../src/sandbox/end-processes.ts';
import { createLatch } from './fixtures/latch.ts';
import { runFiles } from './fixtures/run-project.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

const script = (build: string, extra: object = {}) => ({
  'package.json': JSON.stringify({ name: 'x', scripts: { build }, ...extra }),
});
const makeDist = "mkdir -p dist && echo '<h1>x</h1>' > dist/index.html";

describe('a plain website', () => {
  it('is served as it is, without history and secrets', async () => {
    const { result, steps } = await runFiles({
      'my-site/index.html': '<h1>hello</h1>',
      'my-site/about.html': '<h1>about</h1>',
      'my-site/css/style.css': 'h1 {}',
      'my-site/.env': 'SECRET=1',
      'my-site/.git/config': 'x',
    });
    expect(result).toMatchObject({ status: 'built', websiteType: 'static', output: { files: 3, spa: false } });
    expect(steps.filter((step) => step.endsWith('skipped'))).toEqual([
      'install skipped',
      'typecheck skipped',
      'bundle skipped',
    ]);
    if (result.status === 'built') {
      expect((await readdir(result.output.directory)).toSorted()).toEqual(['about.html', 'css', 'index.html']);
    }
  });

  it('is found in the only folder that has an index.html', async () => {
    const { result } = await runFiles({ 'README.md': 'x', 'public/index.html': 'x' });
    expect(result).toMatchObject({ status: 'built', output: { files: 1, spa: true } });
  });

  it('may come with a package.json that builds nothing', async () => {
    const { result } = await runFiles({ 'package.json': '{"name":"x"}', 'index.html': 'x' });
    expect(result).toMatchObject({ status: 'built' });
  });

  it.each([
    [{ 'notes.txt': 'x' }, 'nothing-to-serve'],
    [{ 'a/index.html': 'x', 'b/index.html': 'x' }, 'nothing-to-serve'],
    [{ 'package.json': '{"name":"x"}' }, 'nothing-to-build'],
  ])('is refused when there is nothing to show: %o', async (files, code) => {
    const { result } = await runFiles(files as Record<string, string>);
    expect(result).toMatchObject({ status: 'failed', step: 'bundle', code, retryable: false });
  });
});

describe('bundling', () => {
  it('runs the build script with the variables of the website, in a home of its own', async () => {
    const variables = { API_URL: 'https://api.example.org' };
    const { result, log, workspace } = await runFiles(script(`${makeDist} && echo "$API_URL $HOME $CI"`), {
      variables,
    });
    expect(result, log).toMatchObject({ status: 'built' });
    expect(log).toContain(`https://api.example.org ${join(workspace, 'home')} \n`.trimEnd());
  });

  it('runs the build command and takes the output folder of the settings', async () => {
    const settings = { buildCommand: 'mkdir -p site/web && echo x > site/web/index.html', outputDirectory: 'site/web' };
    const { result } = await runFiles(script('exit 1'), { settings });
    expect(result).toMatchObject({ status: 'built', output: { files: 1 } });
  });

  it.each([
    ['says nothing', 'true', {}, 'output-missing'],
    ['writes elsewhere', makeDist, { outputDirectory: 'elsewhere' }, 'output-missing'],
    ['is asked for a folder outside', makeDist, { outputDirectory: '../..' }, 'output-missing'],
    ['writes an empty folder', 'mkdir -p web', { outputDirectory: 'web' }, 'output-missing'],
    ['fails', 'echo "Error: no such thing" >&2; exit 2', {}, 'build-failed'],
    ['calls a missing program', 'no-such-program', {}, 'command-not-found'],
  ])('fails when the build %s', async (_name, build, settings, code) => {
    const { result, log } = await runFiles(script(build), { settings });
    expect(result, log).toMatchObject({ status: 'failed', step: 'bundle', code, retryable: false });
  });

  it('leaves out hard links to files of the machine, and says so', async () => {
    const secret = join(await temporaryFolder(), 'token');
    await writeFile(secret, 'secret');
    const { result, log } = await runFiles(script(`${makeDist} && ln ${secret} dist/stolen.txt`));
    expect(result, log).toMatchObject({ status: 'built', output: { files: 1, leftOut: ['stolen.txt'] } });
    expect(log).toContain('"stolen.txt"');
  });

  it('fails for good when a file name is not valid UTF-8, and names the file', async () => {
    const build = `${makeDist} && node -e 'require("fs").writeFileSync(Buffer.from("dist/caf\\xe9.txt","latin1"),"x")'`;
    const { result, workspace } = await runFiles(script(build));
    expect(result).toMatchObject({ status: 'failed', code: 'output-name-invalid', retryable: false });
    expect(JSON.stringify(result)).toContain('caf\uFFFD.txt');
    expect(JSON.stringify(result)).not.toContain(workspace);
  });

  it('takes no output folder that is a link out of the project', async () => {
    const elsewhere = await temporaryFolder();
    await writeFile(join(elsewhere, 'index.html'), 'of somebody else');
    const { result } = await runFiles(script(`ln -s ${elsewhere} dist`));
    expect(result).toMatchObject({ status: 'failed', code: 'output-missing' });
  });

  it('finds its own tools and not the ones of this machine', async () => {
    const { result, log } = await runFiles(script(`${makeDist} && node -v && npm -v && pnpm -v && yarn -v && bun -v`));
    expect(result).toMatchObject({ status: 'failed', code: 'command-not-found' });
    expect(log).toContain(`[stdout] ${process.version}\n[stdout] 11.`);
    expect(log).toContain('bun is only there for projects with a bun lockfile');
  });

  it('is told when it runs out of memory', async () => {
    const { result } = await runFiles(
      script(`node --max-old-space-size=20 -e 'const a=[];for(;;)a.push("x".repeat(999)+a.length)'`),
    );
    expect(result).toMatchObject({ status: 'failed', code: 'out-of-memory', retryable: true });
  });

  it('is ended when its time is up', async () => {
    const { result, reports } = await runFiles(script('sleep 60'), { timeoutsMs: { bundle: 1_500 } });
    expect(result).toMatchObject({ status: 'failed', step: 'bundle', code: 'step-timed-out' });
    expect(reports.at(-1)?.type).toBe('StepFailed');
  });
});

describe('a cancelled build', () => {
  it('ends at once, with everything it started, and reports no failure', async () => {
    const abort = new AbortController();
    const ready = createLatch<void>();
    const run = runFiles(script(`echo ready; setsid sleep 60 & sleep 60`), {
      signal: abort.signal,
      onLine: ({ text }) => text === 'ready' && ready.open(),
    });
    await ready.opened;
    abort.abort();
    const { result, steps } = await run;
    expect(result).toMatchObject({ status: 'cancelled', step: 'bundle', nothingLeft: true });
    expect(result.status === 'cancelled' && result.killed.count).toBeGreaterThanOrEqual(3);
    expect(steps.at(-1)).toBe('bundle StepStarted');
  });

  it('never starts when it was cancelled before', async () => {
    const { result, reports } = await runFiles({ 'index.html': 'x' }, { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ status: 'cancelled', step: 'extract', killed: nothingKilled, nothingLeft: true });
    expect(reports).toEqual([]);
  });
});

it('reports steps as domain events hold them', async () => {
  const { reports } = await runFiles(script('exit 1'));
  expect(reports.length).toBeGreaterThan(4);
  for (const { type, data } of reports) {
    const event = BuildJobEvent.safeParse({ type, data: { ...data, attempt: 1, seq: 1 } });
    expect(event.error).toBeUndefined();
  }
});

it('says that the worker is at fault when it is, and may be retried', async () => {
  const { result } = await runFiles({ 'index.html': 'x' }, { sourceFile: '/nowhere/source.zip' });
  expect(result).toMatchObject({ status: 'failed', code: 'worker-error', retryable: true });
  expect(JSON.stringify(result)).not.toContain('/nowhere');
});
