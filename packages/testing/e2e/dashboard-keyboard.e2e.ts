import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { untilEnded } from './support/builds.ts';
import type { Gate } from './support/gate.ts';
import { useInstallation } from './support/installation.ts';
import { focused, nextStops, tabTo } from './support/keyboard.ts';
import { gatedProject, plainWebsite, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

// No test of this file touches a mouse.
const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: '1' });
const browser = useBrowser();

const desk = { width: 1440, height: 960 };
const signIn = (path = '/') => browser.signIn(installation.product, { path, viewport: desk });
const live = (page: Page) => page.locator('[data-connection="live"]').waitFor();
const momentIn = (page: Page): string | null => new URL(page.url()).searchParams.get('at');
const jobIdIn = (page: Page): string => new URL(page.url()).pathname.split('/').at(-1) ?? '';
const themeOf = (page: Page) => page.locator(':root').getAttribute('data-theme');
const openWindows = (page: Page) => page.locator('[role=dialog], [role=menu]').count();
const buildsPage = (page: Page) => page.getByRole('region', { name: 'Upload a project' }).waitFor();

const underWay = (page: Page) => page.getByRole('region', { name: 'Under way' });

const palette = (page: Page) => page.getByRole('dialog', { name: 'Search builds and commands' });

/** Types into the palette and takes what comes first. */
async function command(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await palette(page).waitFor();
  await expect.poll(() => focused(page)).toBe('Search builds and commands');
  await page.keyboard.type(text);
  await page
    .getByRole('option', { selected: true })
    .filter({ hasText: new RegExp(text, 'i') })
    .waitFor();
  await page.keyboard.press('Enter');
}

let shopId = '';
beforeAll(async () => {
  const { product } = installation;
  shopId = (await product.api.uploadArchive('corner-shop', zipOf(plainWebsite('shop')))).website.buildJobId;
  await untilEnded(product, shopId);
});

describe('with a keyboard alone', () => {
  test('Tab goes through the page as it is read, can skip to the content, and is always seen', async () => {
    const page = await signIn();
    await live(page);
    await page.getByRole('table').waitFor();
    expect(await nextStops(page, 13)).toEqual([
      'Skip to the content',
      'Yardmaster',
      'Builds',
      'Dead letters',
      'Connection: Live',
      expect.stringMatching(/^Search/),
      expect.stringMatching(/^Notifications/),
      expect.stringMatching(/^Switch to the/),
      'Account',
      'Choose archive',
      'Choose folder',
      'Search builds by website or id',
      expect.stringMatching(/^Status/),
    ]);
    await tabTo(page, /^Rebuild corner-shop/);
    await tabTo(page, 'Skip to the content', { back: true });
    await page.keyboard.press('Enter');
    await tabTo(page, 'Choose archive');
  });

  test('somebody uploads a project, follows it, cancels it, and retries it', async () => {
    const gate = await installation.newGate();
    const page = await signIn();
    await live(page);
    await chooseFile(page, gate);
    expect(await focused(page)).toBe('Name of the website');
    await page.keyboard.press('Control+a');
    await page.keyboard.type('night-market');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Open build' }).waitFor();
    await expect.poll(() => focused(page)).toBe('Open build');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'night-market #1' }).waitFor();
    await page.locator('#main:focus, #main h1:focus').waitFor();

    await gate.arrived('install', 1);
    await tabTo(page, 'Cancel');
    await page.keyboard.press('Enter');
    const question = page.getByRole('dialog', { name: 'Cancel night-market #1?' });
    await question.waitFor();
    expect((await question.locator(':focus').count()) + (await question.and(page.locator(':focus')).count())).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page)).toBe('Cancel');
    await page.keyboard.press('Enter');
    await question.waitFor();
    await tabTo(page, 'Cancel the build');
    await page.keyboard.press('Enter');
    await untilEnded(installation.product, jobIdIn(page));
    await page.getByRole('button', { name: 'Retry' }).waitFor();
    await focused(page);

    const cancelledId = jobIdIn(page);
    gate.open();
    await tabTo(page, 'Retry');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'night-market #2' }).waitFor();
    await page.locator('#main:focus, #main h1:focus').waitFor();
    expect(jobIdIn(page)).not.toBe(cancelledId);
    await untilEnded(installation.product, jobIdIn(page));
  });

  test('the focus stays in the list when the button that had it goes', async () => {
    const { product } = installation;
    const gate = await installation.newGate();
    const { buildJobId } = (await product.api.uploadArchive('held', zipOf(gatedProject({ gate })))).website;
    await gate.arrived('install', 1);
    const page = await signIn();
    await live(page);
    await askToCancel(page, /^Cancel held/);
    await page.keyboard.press('Enter');
    await untilEnded(product, buildJobId);
    await expect.poll(() => focused(page)).toMatch(/^held/);
    // It comes above the others: who has gone past its place by then comes to the end of the page.
    await page.getByRole('row', { name: /^held #1/ }).waitFor();
    await tabTo(page, /^Retry held/);
    gate.open();
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'held #2' }).first().waitFor();
    expect(await focused(page)).toMatch(/^Retry held/);
    // Its end would tell of itself on the next page, above what has the focus there.
    await until('the retried build has ended', async () =>
      (await product.api.queue()).totalActive === 0 ? true : null,
    );
  });

  test('the focus stays in the list when a build has been cancelled before the window that asked gives it back', async () => {
    const { product } = installation;
    const gate = await installation.newGate();
    const { buildJobId } = (await product.api.uploadArchive('swift', zipOf(gatedProject({ gate })))).website;
    await gate.arrived('install', 1);
    const page = await signIn();
    await live(page);
    await askToCancel(page, /^Cancel swift/);
    await holdTimersOfNoDelay(page);
    await page.keyboard.press('Enter');
    await untilEnded(product, buildJobId);
    await underWay(page).getByText('Cancelled').waitFor();
    expect(await focused(page)).toMatch(/^swift/);
  });

  test('the focus goes to the next build, or to the heading of the list, when a build with the focus leaves it', async () => {
    const { product } = installation;
    const [first, second] = [await installation.newGate(), await installation.newGate()];
    const upload = async (name: string, gate: Gate) =>
      (await product.api.uploadArchive(name, zipOf(gatedProject({ gate })))).website.buildJobId;
    const firstId = await upload('leaving', first);
    await first.arrived('install', 1);
    const secondId = await upload('staying', second);
    const page = await signIn();
    await live(page);
    await underWay(page).getByRole('link', { name: 'staying #1' }).waitFor();
    await tabTo(page, /^leaving/);
    // Nobody looks at the page now, so that the list need not stand still.
    const away = await turnAway(page);
    first.open();
    await untilEnded(product, firstId);
    await underWay(page).getByRole('link', { name: 'leaving #1' }).waitFor({ state: 'detached' });
    await away.bringBack();
    expect(await focused(page)).toMatch(/^staying/);
    const again = await turnAway(page);
    second.open();
    await untilEnded(product, secondId);
    await underWay(page).getByRole('link').first().waitFor({ state: 'detached' });
    await again.bringBack();
    expect(await focused(page)).toBe('Under way');
  });

  test('the focus stays in the list when a build begins while the menu of its priority is open', async () => {
    const { product } = installation;
    const [first, second] = [await installation.newGate(), await installation.newGate()];
    await product.api.uploadArchive('before', zipOf(gatedProject({ gate: first })));
    await first.arrived('install', 1);
    const waiting = (await product.api.uploadArchive('behind', zipOf(gatedProject({ gate: second })))).website;
    const page = await signIn();
    await live(page);
    await tabTo(page, /^Priority \d of behind/);
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toMatch(/^Priority \d$/);
    first.open();
    await second.arrived('install', 1);
    await page.getByRole('menu').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page)).toMatch(/^behind/);
    second.open();
    await untilEnded(product, waiting.buildJobId);
  });

  test('somebody goes through the history of a build: by keys, by slider, by its events', async () => {
    const page = await signIn(`/jobs/${shopId}`);
    const last = (await installation.product.api.history(shopId)).length - 1;
    const past = page.getByRole('button', { name: 'Back to live' });
    await page.locator('[data-state="buildJob.completed"][data-active="true"]').waitFor();

    for (const [key, moment] of [
      [',', last - 1],
      [',', last - 2],
      ['.', last - 1],
    ] as const) {
      await page.keyboard.press(key);
      await expect.poll(() => momentIn(page)).toBe(String(moment));
    }
    await past.waitFor();
    await page.keyboard.press('l');
    await expect.poll(() => momentIn(page)).toBeNull();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    await past.waitFor();
    await page.keyboard.press('l');
    await past.waitFor({ state: 'detached' });

    await tabTo(page, 'Moment');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => momentIn(page)).toBe(String(last - 1));
    await page.keyboard.press('Home');
    await expect.poll(() => momentIn(page)).toBe('0');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => momentIn(page)).toBe('1');
    await page.keyboard.press('End');
    await expect.poll(() => momentIn(page)).toBeNull();

    await tabTo(page, new RegExp(`^${last} ?\\D`));
    for (const key of ['ArrowUp', 'ArrowUp', 'Home', 'ArrowDown', 'Enter']) {
      await page.keyboard.press(key);
      await focused(page);
    }
    await expect.poll(() => momentIn(page)).toBe('1');
  });

  test('somebody finds builds and commands, and comes back to where they were', async () => {
    const page = await signIn();
    await live(page);
    await command(page, 'corner-shop');
    await page.getByRole('heading', { level: 1, name: 'corner-shop #1' }).waitFor();
    await page.locator('#main:focus, #main h1:focus').waitFor();

    await tabTo(page, 'More actions');
    await page.keyboard.press('Control+k');
    await palette(page).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => focused(page)).toBe('More actions');
    const theme = await themeOf(page);
    await command(page, 'light and dark');
    await expect.poll(() => themeOf(page)).not.toBe(theme);
    await expect.poll(() => focused(page)).toBe('More actions');

    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await tabTo(page, 'Close');
    await page.keyboard.press('Enter');
    await expect.poll(() => focused(page)).toBe('More actions');

    await page.keyboard.press('n');
    const panel = page.getByRole('dialog', { name: 'Notifications' });
    await panel.waitFor();
    const first = await focused(page);
    await page.keyboard.press('ArrowDown');
    expect(await focused(page)).not.toBe(first);
    await page.keyboard.press('ArrowUp');
    expect(await focused(page)).toBe(first);
    await page.keyboard.press('Escape');
    await panel.waitFor({ state: 'detached' });
    expect(await focused(page)).toMatch(/^Notifications/);

    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await buildsPage(page);
    await expect.poll(() => focused(page)).toBe('Builds');
    await page.keyboard.press('/');
    await expect.poll(() => focused(page)).toBe('Search builds by website or id');
  });

  test('single keys do nothing where somebody types, and nowhere when they are switched off', async () => {
    const page = await signIn();
    await live(page);
    const theme = await themeOf(page);
    await page.keyboard.press('/');
    await page.keyboard.type('gb?ntul/');
    expect(await page.getByLabel('Search builds by website or id').inputValue()).toBe('gb?ntul/');
    expect([await themeOf(page), await openWindows(page)]).toEqual([theme, 0]);
    await page.keyboard.press('Escape');

    await command(page, 'Preferences');
    await page.getByRole('dialog', { name: 'Preferences' }).waitFor();
    await tabTo(page, 'Single-key shortcuts');
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    await expect.poll(() => openWindows(page)).toBe(0);
    await tabTo(page, /^Status/);
    for (const key of ['t', 'n', '?', 'u']) await page.keyboard.press(key);
    expect(await focused(page)).toMatch(/^Status/);
    expect([await themeOf(page), await openWindows(page)]).toEqual([theme, 0]);
    // What has a modifier stays.
    await command(page, 'light and dark');
    await expect.poll(() => themeOf(page)).not.toBe(theme);
  });

  test('somebody signs out', async () => {
    const page = await signIn();
    await live(page);
    await tabTo(page, 'Account');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Preferences' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => focused(page)).toBe('Sign out');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await tabTo(page, /^Open the link/);
  });
});

/** The button of the upload, pressed by Enter, opens the chooser of the system; what is chosen there is a project. */
async function chooseFile(page: Page, gate: Gate): Promise<void> {
  // Awaited before the key, which nothing delays as a click is delayed: the browser has to know by then.
  const chosen = page.waitForEvent('filechooser');
  await page.keyboard.press('u');
  await expect.poll(() => focused(page)).toBe('Choose archive');
  await page.keyboard.press('Enter');
  const chooser = await chosen;
  const buffer = zipOf(gatedProject({ gate }));
  await chooser.setFiles({ name: 'anything.zip', mimeType: 'application/zip', buffer });
  await page.getByLabel('Name of the website').waitFor();
}

/** Opens the window that asks whether to cancel, and goes to the button that says so. */
async function askToCancel(page: Page, button: RegExp): Promise<void> {
  await tabTo(page, button);
  await page.keyboard.press('Enter');
  await tabTo(page, 'Cancel build');
}

/** From now on the page is so slow that no timer of no delay ends, of which one gives the focus back from a window. */
const holdTimersOfNoDelay = (page: Page) =>
  page.evaluate(`{
    const { setTimeout } = window;
    window.setTimeout = (callback, delayMs = 0, ...rest) =>
      delayMs === 0 ? 0 : setTimeout(callback, delayMs, ...rest);
  }`);

/** The person goes to another window, and comes back. */
async function turnAway(page: Page): Promise<{ readonly bringBack: () => Promise<void> }> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  const other = await page.context().newPage();
  await other.bringToFront();
  await expect.poll(() => page.evaluate('document.hasFocus()')).toBe(false);
  return {
    async bringBack() {
      await other.close();
      await page.bringToFront();
      await devTools.send('Emulation.setFocusEmulationEnabled', { enabled: true });
    },
  };
}
