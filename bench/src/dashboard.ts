import { fileURLToPath } from 'node:url';
import { CHROMIUM_ARGUMENTS, findChromium } from '@yardmaster/testing/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';
import { aimAtLeast, aimBelow, type Bench } from './bench.ts';
import { median, rounded } from './percentiles.ts';
import { startReference } from './reference-process.ts';

const updatesPerSecond = 1_000;
const wantedFps = 55;
const wantedMainThreadMs = 300;
const wantedFirstPaintMs = 500;
const histories = [
  { length: 100, wantedStepMs: 16 },
  { length: 5_000, wantedStepMs: 50 },
] as const;

/**
 * The built dashboard in a real Chromium: frames per second and time of the main thread while a thousand changes a second
 * come for 200 builds, beside a bare page that gets the same frames and writes one cell for each; what a step of time
 * travel costs until it is painted, beside an empty frame; and how soon the statechart is painted.
 */
export const dashboard: Bench = async ({ quick, signal }) => {
  const executablePath = await findChromium();
  await using browser = disposable(await chromium.launch({ executablePath, args: CHROMIUM_ARGUMENTS }));
  await using busy = await startReference('./dashboard-feed.ts', [String(updatesPerSecond)]);
  await using calm = await startReference('./dashboard-feed.ts', ['0']);
  const seconds = quick ? 2 : 10;
  signal.throwIfAborted();
  const ours = await load(browser.value, `http://127.0.0.1:${busy.port}/`, seconds, dashboardIsThere);
  const bare = await load(browser.value, `http://127.0.0.1:${busy.port}/bare`, seconds, bareTable);
  const idle = await load(browser.value, `http://127.0.0.1:${calm.port}/`, seconds, dashboardIsThere);
  const steps = [];
  for (const { length, wantedStepMs } of histories) {
    signal.throwIfAborted();
    steps.push({ length, wantedStepMs, ...(await timeTravel(browser.value, calm.port, length, quick ? 10 : 60)) });
  }
  const paints: number[] = [];
  for (let n = 0; n < (quick ? 2 : 9); n++) paints.push(await firstPaintMs(browser.value, calm.port));
  const paintMs = Math.round(median(paints));
  signal.throwIfAborted();
  const log = await longLog(browser.value, calm.port, seconds);
  return {
    table: [
      { what: `${updatesPerSecond} updates/s`, fps: ours.fps, mainThreadMsPerSecond: ours.busyMs },
      {
        what: 'reference: the same frames, one cell each, no framework',
        fps: bare.fps,
        mainThreadMsPerSecond: bare.busyMs,
      },
      { what: 'reference: the same page, nothing happens', fps: idle.fps, mainThreadMsPerSecond: idle.busyMs },
      ...steps.map(({ length, scriptMs, paintedMs, emptyMs }) => ({
        what: `time travel, ${length} events`,
        stepMs: scriptMs,
        untilPaintedMs: paintedMs,
        emptyFrameMs: emptyMs,
      })),
      { what: 'statechart painted after the click', untilPaintedMs: paintMs },
      { what: 'log of 100,000 lines, all fetched after opening', untilPaintedMs: log.filledMs },
      { what: 'the same while 100 lines/s come', fps: log.following.fps, mainThreadMsPerSecond: log.following.busyMs },
      {
        what: 'the same scrolled 12 lines a frame',
        fps: log.scrolling.fps,
        mainThreadMsPerSecond: log.scrolling.busyMs,
      },
    ],
    notes: [
      'A step: its script, style, layout and paint; until painted: from the key press to the end of the next frame.',
    ],
    aims: [
      aimAtLeast(`frames per second at ${updatesPerSecond} updates/s`, wantedFps, ours.fps),
      aimBelow(`main thread at ${updatesPerSecond} updates/s`, wantedMainThreadMs, 'ms/s', ours.busyMs),
      ...steps.map(({ length, wantedStepMs, scriptMs }) =>
        aimBelow(`step of time travel, ${length} events`, wantedStepMs, 'ms', scriptMs),
      ),
      aimBelow('statechart, first paint', wantedFirstPaintMs, 'ms', paintMs),
    ],
  };
};

function disposable(value: Browser): AsyncDisposable & { readonly value: Browser } {
  return { value, [Symbol.asyncDispose]: () => value.close() };
}

const inPage = fileURLToPath(new URL('./in-page.js', import.meta.url));
const viewport = { width: 1440, height: 900 };

async function load(browser: Browser, url: string, seconds: number, prepare: (page: Page) => Promise<void>) {
  const page = await openPage(browser, url);
  await prepare(page);
  const loaded = await watchFrames(page, seconds, 'countFrames');
  await page.close();
  return loaded;
}

/** A build's log: how soon all of it is there, how it follows what comes, and how it scrolls meanwhile. */
async function longLog(browser: Browser, port: number, seconds: number) {
  const page = await openPage(browser, `http://127.0.0.1:${port}/jobs/talkative`);
  await page
    .getByText(/100,\d{3} lines/)
    .first()
    .waitFor();
  await page.waitForLoadState('networkidle');
  const filledMs = Math.round(await page.evaluate<number>('bench.lastLogPageAt()'));
  const following = await watchFrames(page, seconds, 'countFrames');
  const scrolling = await watchFrames(page, seconds, 'scrollLog');
  await page.close();
  return { filledMs, following, scrolling };
}

/** Frames per second, and milliseconds of tasks on the main thread per second, while `action` goes on. */
async function watchFrames(page: Page, seconds: number, action: 'countFrames' | 'scrollLog') {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const taskSeconds = async () => {
    const { metrics } = await cdp.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
  };
  const before = await taskSeconds();
  const startedAt = performance.now();
  const frames = await page.evaluate<number>(`bench.${action}(${seconds * 1_000})`);
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const busySeconds = (await taskSeconds()) - before;
  await cdp.detach();
  return { fps: rounded(frames / seconds, 1), busyMs: Math.round((busySeconds * 1_000) / tookSeconds) };
}

const dashboardIsThere = (page: Page): Promise<void> => page.getByText('Website 7').first().waitFor();

async function bareTable(page: Page): Promise<void> {
  const { host } = new URL(page.url());
  await page.evaluate(`bench.showBareTable('ws://${host}/api/website-builder/live')`);
}

interface Step {
  readonly script: number;
  readonly painted: number;
  readonly empty: number;
}

async function timeTravel(browser: Browser, port: number, length: number, samples: number) {
  // Among the last events, where each step is one from state to state; what comes before are changes of priority.
  const page = await openPage(browser, `http://127.0.0.1:${port}/jobs/history-${length}?at=${length - 8}`);
  await page.locator('[data-state^="buildJob"]').first().waitFor();
  await page.getByRole('slider').first().focus();
  const steps = await page.evaluate<readonly Step[]>(`bench.timeSteps(${samples})`);
  await page.close();
  return {
    scriptMs: rounded(median(steps.map(({ script }) => script))),
    paintedMs: rounded(median(steps.map(({ painted }) => painted))),
    emptyMs: rounded(median(steps.map(({ empty }) => empty))),
  };
}

/**
 * From going to a build until the frame in which its chart is painted. Its page's code has come meanwhile, as it has for
 * whoever looked at the list for a second; a build that is opened by its address has to load it.
 */
async function firstPaintMs(browser: Browser, port: number): Promise<number> {
  const page = await openPage(browser, `http://127.0.0.1:${port}/`);
  await dashboardIsThere(page);
  await page.waitForLoadState('networkidle');
  const ms = await page.evaluate<number>(`bench.timeFirstPaint('/jobs/history-100')`);
  await page.close();
  return ms;
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport });
  await page.addInitScript({ path: inPage });
  await page.goto(url);
  return page;
}
