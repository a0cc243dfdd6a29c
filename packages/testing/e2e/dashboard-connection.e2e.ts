import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { untilEnded } from './support/builds.ts';
import { useInstallation } from './support/installation.ts';
import { gatedProject, plainWebsite, withFiles, zipOf } from './support/projects.ts';
import { openProxy } from './support/proxy.ts';
import { until } from './support/until.ts';

const CUTS = 100;
const KILL_AT = 50;
const MAX_PIECES = 6;
/** Every cut is waited out by the page: under heavy load that is a second or two, a hundred times. */
const CUTS_TIMEOUT_MS = 600_000;
const SEED = Number(process.env.YARDMASTER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

const proxy = await openProxy();
const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_PUBLIC_URL: proxy.url });
const browser = useBrowser();

beforeAll(() => proxy.leadTo(installation.product.url));
afterEach(() => proxy.allow('everything'));
afterAll(() => proxy.close());

const signIn = (path = '/') => browser.signIn(installation.product, { url: proxy.url, path });

const completed = (page: Page) => page.getByRole('region', { name: 'Completed', exact: true });

/** Waits until the indicator in the header says how the page follows. */
const untilConnected = (page: Page, mode: 'live' | 'events' | 'polling' | 'offline') =>
  page.locator(`[data-connection="${mode}"]`).waitFor();

test('a build page shows every event and every line once, over a hundred cut connections and a killed server', {
  timeout: CUTS_TIMEOUT_MS,
}, async () => {
  process.stdout.write(`Random cuts with YARDMASTER_TEST_SEED=${SEED}\n`);
  const random = seeded(SEED);
  const { product } = installation;
  const gate = await installation.newGate();
  const { buildJobId } = (await product.api.uploadArchive('cut', zipOf(talkativeProject(gate)))).website;
  const page = await signIn(`/jobs/${buildJobId}`);
  await untilConnected(page, 'live');
  gate.open('install');
  await gate.arrived('build', 1);

  let restarted: Promise<void> = Promise.resolve();
  for (let cuts = 0; cuts < CUTS; cuts += 1) {
    if (cuts === KILL_AT) {
      const before = product.processes().server ?? 0;
      await product.kill('server');
      restarted = product.restarted('server', before);
    }
    await proxy.pieces(Math.ceil(random() * MAX_PIECES));
    proxy.cut();
  }
  await restarted;
  gate.open('build');
  const ended = await untilEnded(product, buildJobId);
  expect(ended.status).toBe('completed');

  const [events, lines] = [await product.api.history(buildJobId), await product.api.logLines(buildJobId)];
  expect(lines.filter(({ text }) => /^(word|after) /.test(text)).length).toBeGreaterThan(CUTS);
  const rows = page.getByRole('region', { name: 'Events' }).locator('li[data-revision]');
  await until('the page shows as many events as there are', async () =>
    (await rows.count()) >= events.length ? true : null,
  );
  const shown = await rows.evaluateAll((found) => found.map((row) => Number(row.getAttribute('data-revision'))));
  expect(shown).toEqual(events.map(({ revision }) => revision));
  await page.locator(`[data-line="${lines.length}"]`).waitFor();
  const shownLines = await readLog(page);
  expect(shownLines.map(({ n }) => n)).toEqual(lines.map(({ n }) => n));
  const wrong = lines.filter(({ text }, index) => !shownLines[index]?.text.includes(text));
  expect(wrong).toEqual([]);
});

test('a proxy that refuses WebSockets, then event streams too: the page says so and follows all the same', async () => {
  const { product } = installation;
  const page = await signIn();
  await untilConnected(page, 'live');
  for (const [allowed, mode] of [
    ['no-sockets', 'events'],
    ['requests-only', 'polling'],
  ] as const) {
    proxy.allow(allowed);
    proxy.cut();
    await untilConnected(page, mode);
    const name = `followed by ${mode}`;
    const { buildJobId } = (await product.api.uploadArchive(name, zipOf(plainWebsite(name)))).website;
    await untilEnded(product, buildJobId);
    await completed(page).getByText(name).first().waitFor();
  }

  proxy.allow('everything');
  await page.getByRole('button', { name: 'Connection: Every 2 s' }).click();
  await page.getByRole('button', { name: 'Try again now' }).click();
  await untilConnected(page, 'live');
});

test('a server that cannot be reached for a while: the page says so, and is live again right after', async () => {
  const page = await signIn();
  await untilConnected(page, 'live');
  proxy.allow('nothing');
  proxy.cut();
  await untilConnected(page, 'offline');
  await page.getByText('Offline. The server does not answer.').waitFor({ state: 'attached' });
  const { product } = installation;
  const { buildJobId } = (await product.api.uploadArchive('meanwhile', zipOf(plainWebsite('meanwhile')))).website;
  await untilEnded(product, buildJobId);
  const backAtMs = performance.now();
  proxy.allow('everything');
  await untilConnected(page, 'live');
  await completed(page).getByText('meanwhile').first().waitFor();
  // Said and not asserted: a busy machine is no fault of the page.
  process.stdout.write(`Right again ${Math.round(performance.now() - backAtMs)} ms after the server was back\n`);
});

test('a worker that falls silent: every page says what waits and what works, and then that all works again', async () => {
  const { product } = installation;
  const page = await signIn();
  await untilConnected(page, 'live');
  const worker = product.processes()['worker-1'] ?? 0;
  const state = page.getByRole('region', { name: 'State of Yardmaster' });
  process.kill(worker, 'SIGSTOP');
  try {
    await state.getByText('No worker takes builds').waitFor();
    await page.getByRole('button', { name: 'Connection: Degraded' }).waitFor();
    expect(await page.getByRole('status').filter({ hasText: 'No worker takes builds' }).count()).toBe(1);
    await product.api.uploadArchive('patient', zipOf(plainWebsite('patient')));
    await page.getByText('Waiting for a worker.').waitFor();

    // Where nothing comes by itself it is asked for.
    proxy.allow('requests-only');
    proxy.cut();
    const asking = await signIn('/nowhere');
    await asking.getByRole('region', { name: 'State of Yardmaster' }).getByText('No worker takes builds').waitFor();
  } finally {
    proxy.allow('everything');
    process.kill(worker, 'SIGCONT');
  }
  await page.getByRole('status').filter({ hasText: 'Everything works again.' }).waitFor({ state: 'attached' });
  await completed(page).getByText('patient').first().waitFor();
  await state.getByText('No worker takes builds').waitFor({ state: 'detached' });
});

/** Its build prints a line every few milliseconds until its gate is opened, and some more at once. */
const talkativeProject = (gate: { readonly url: string }) =>
  withFiles(gatedProject({ gate }), {
    'build.mjs': `import { mkdirSync, writeFileSync } from 'node:fs';
import { knock } from './knock.mjs';
let n = 0;
const talk = setInterval(() => console.log('word ' + ++n), 20);
await knock('build');
clearInterval(talk);
for (let line = 1; line <= 100; line++) console.log('after ' + line);
mkdirSync('dist', { recursive: true });
writeFileSync('dist/index.html', '<!doctype html><h1>said</h1>');
`,
  });

/** Scrolls through the log, which draws only what is in sight, and reads every line in the order it is shown. */
async function readLog(page: Page): Promise<readonly { readonly n: number; readonly text: string }[]> {
  const area = page.getByRole('log', { name: 'Lines of the log' });
  return area.evaluate(async (log) => {
    const { requestAnimationFrame } = globalThis as unknown as { requestAnimationFrame(then: () => void): void }; // it runs in the page
    const drawn = () => new Promise<void>((then) => requestAnimationFrame(() => requestAnimationFrame(then)));
    const seen = new Map<number, string>();
    log.scrollTop = 0;
    for (;;) {
      await drawn();
      const rows = [...log.querySelectorAll('[data-line]')];
      const numbers = rows.map((row) => Number(row.getAttribute('data-line')));
      if (new Set(numbers).size < numbers.length) throw new Error(`A line is shown twice: ${numbers.join(' ')}`);
      for (const [index, row] of rows.entries()) seen.set(numbers[index] ?? 0, row.textContent ?? '');
      if (log.scrollTop + log.clientHeight >= log.scrollHeight - 1) break;
      log.scrollTop += log.clientHeight / 2;
    }
    return [...seen].sort(([a], [b]) => a - b).map(([n, text]) => ({ n, text }));
  });
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
