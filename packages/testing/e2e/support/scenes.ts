import { randomBytes } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import type { BusyDay } from './busy-day.ts';
import { plainWebsite, zipOf } from './projects.ts';
import { troubleScenes } from './trouble-scenes.ts';

/** Something that the dashboard can look like, and how a person comes to see it. */
export interface Scene {
  readonly name: string;
  readonly path: string;
  /** Before the page is opened. */
  readonly before?: (page: Page) => Promise<unknown>;
  /** On the opened page. */
  readonly open?: (page: Page) => Promise<void>;
  /** Is in sight when the page is what it is to be. */
  readonly ready: (page: Page) => Locator;
  /** What keeps it so: done again before every look. */
  readonly hold?: (page: Page) => Promise<void>;
  /** The whole page is in its pictures, not what is in the window only. */
  readonly isWhole?: boolean;
  /** How high a window has to be at a desk so that its picture has all that matters; otherwise as high as most are. */
  readonly deskHeight?: number;
  /** The widths in which the guide shows it. */
  readonly inGuide?: readonly number[];
}

const phoneAndDesk = [390, 768, 1440] as const;

const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
const choose = (name: string) => (page: Page) => page.getByRole('radio', { name }).check();
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const uploads = (page: Page) => region(page, 'Upload a project');
const archiveInput = (page: Page) => uploads(page).locator('input[type=file]').first();
const never = () => new Promise<never>(() => {});

const chooseArchive = (name: string, buffer: Buffer) => (page: Page) =>
  archiveInput(page).setInputFiles({ name, mimeType: 'application/zip', buffer });

/** Without a session. */
export const signedOutScenes: readonly Scene[] = [
  { name: 'sign-in', path: '/', ready: (page) => page.getByRole('heading', { name: 'Sign in' }) },
  {
    name: 'sign-in-refused',
    path: '/',
    async open(page) {
      await page.getByRole('textbox').fill(`${new URL(page.url()).origin}/sign-in?code=used`);
      await page.getByRole('button', { name: 'Sign in' }).click();
    },
    ready: (page) => page.getByRole('alert'),
  },
  { name: 'sign-in-link-used', path: '/sign-in?code=used', ready: (page) => page.getByRole('heading') },
  {
    name: 'no-answer',
    path: '/',
    before: (page) => page.route('**/auth/me', (route) => route.abort()),
    ready: (page) => page.getByRole('button', { name: 'Try again now' }),
  },
];

/** Where nothing has been built. */
export const firstScenes: readonly Scene[] = [
  {
    name: 'builds-empty',
    path: '/',
    ready: (page) => page.getByRole('heading', { name: 'Nothing has been built yet' }),
    isWhole: true,
    inGuide: [1440],
  },
  {
    name: 'notifications-empty',
    path: '/',
    open: press('Notifications'),
    ready: (page) => page.getByText('Nothing to tell yet'),
  },
];

export const builds: Scene = {
  name: 'builds',
  path: '/',
  ready: (page) => region(page, 'Completed').getByText('corner-shop').first(),
  isWhole: true,
  inGuide: phoneAndDesk,
};

const underWay = (page: Page) => region(page, 'Under way');
/** Something that is opened on the page of all builds. */
const onBuilds = (scene: Omit<Scene, 'path'>): Scene => ({
  path: '/',
  ...scene,
  async open(page) {
    await page.locator('[data-connection="live"]').waitFor();
    await builds.ready(page).waitFor();
    await scene.open?.(page);
  },
});

const queueScenes: readonly Scene[] = [
  builds,
  onBuilds({ name: 'builds-statuses', open: press(/^Status: /), ready: (page) => page.getByRole('menu') }),
  onBuilds({
    name: 'builds-days',
    open: press(/^Days: /),
    ready: (page) => page.getByRole('dialog', { name: 'Days' }),
  }),
  {
    name: 'builds-no-match',
    path: '/?q=theatre',
    ready: (page) => page.getByText(/No build matches|matches the filter/).first(),
    isWhole: true,
  },
  onBuilds({
    name: 'builds-priorities',
    open: press(/^Priority \d of garden-club/),
    ready: (page) => page.getByRole('menu'),
  }),
  onBuilds({
    name: 'builds-cancel',
    open: (page) => underWay(page).getByRole('button', { name: 'Cancel bookshop' }).click(),
    ready: (page) => page.getByRole('dialog', { name: /^Cancel bookshop/ }),
  }),
];

const uploadScenes: readonly Scene[] = [
  onBuilds({
    name: 'upload-chosen',
    async open(page) {
      await chooseArchive('press-kit.zip', zipOf(plainWebsite('Press kit')))(page);
      await page.getByRole('button', { name: 'Options' }).click();
    },
    ready: (page) => page.getByLabel('Priority', { exact: true }),
    inGuide: [1440],
  }),
  onBuilds({
    name: 'upload-no-archive',
    open: chooseArchive('renamed.zip', Buffer.from('Rar! and more')),
    ready: (page) => uploads(page).getByRole('alert'),
  }),
  onBuilds({
    name: 'upload-refused',
    async open(page) {
      await chooseArchive('notes.zip', zipOf(new Map([['notes.txt', 'nothing to build']])))(page);
      await page.getByRole('button', { name: 'Upload and build' }).click();
    },
    ready: (page) => page.getByRole('button', { name: 'Try again' }),
  }),
  onBuilds({
    name: 'upload-sending',
    async open(page) {
      const cdp = await page.context().newCDPSession(page);
      const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 };
      await chooseArchive('photo-album.zip', zipOf(new Map([['photo.bin', randomBytes(20_000_000)]])))(page);
      await cdp.send('Network.emulateNetworkConditions', slow);
      await page.getByRole('button', { name: 'Upload and build' }).click();
    },
    ready: (page) => uploads(page).getByText(/ left$/),
  }),
  onBuilds({
    name: 'upload-accepted',
    async open(page) {
      await chooseArchive('press-kit.zip', zipOf(plainWebsite('Press kit')))(page);
      await page.getByRole('button', { name: 'Upload and build' }).click();
    },
    ready: (page) => uploads(page).getByText(/^Position \d/),
  }),
];

const onPage = (page: Page, state: string) => page.locator(`[data-state="buildJob.${state}"][data-active="true"]`);
const dialog = (name: string) => (page: Page) => page.getByRole('dialog', { name });

/** The page of a build down to the slider below its chart. */
const deskHeight = 1240;

function buildScenes(day: BusyDay): readonly Scene[] {
  const completed = { path: `/jobs/${day.completed}`, ready: (page: Page) => onPage(page, 'completed') };
  /** Something that is opened on the page of the completed build. */
  const opened = (scene: Omit<Scene, 'path'>): Scene => ({
    ...completed,
    ...scene,
    async open(page) {
      await completed.ready(page).waitFor();
      await scene.open?.(page);
    },
  });
  return [
    { name: 'build-queued', path: `/jobs/${day.queued}`, ready: (page) => onPage(page, 'queued'), isWhole: true },
    {
      name: 'build-building',
      path: `/jobs/${day.building}`,
      ready: (page) => onPage(page, 'building.bundling'),
      isWhole: true,
    },
    {
      name: 'build-states',
      path: `/jobs/${day.building}`,
      ready: (page) => onPage(page, 'building.bundling'),
      hold: intoView('State machine'),
      inGuide: phoneAndDesk,
    },
    {
      name: 'build-failed',
      path: `/jobs/${day.failed}`,
      ready: (page) => page.getByRole('region', { name: 'src/departures.ts' }).first(),
      isWhole: true,
      inGuide: [1440],
    },
    {
      name: 'build-cancelled',
      path: `/jobs/${day.cancelled}`,
      ready: (page) => onPage(page, 'cancelled'),
      isWhole: true,
    },
    { ...completed, name: 'build-completed', isWhole: true, deskHeight, inGuide: phoneAndDesk },
    {
      name: 'build-past',
      path: `/jobs/${day.completed}?at=6`,
      ready: (page) => page.locator('[data-active="true"]').last(),
      isWhole: true,
      deskHeight,
      inGuide: phoneAndDesk,
    },
    {
      name: 'build-loading',
      path: `/jobs/${day.completed}`,
      before: leaveUnanswered,
      ready: (page) => page.getByText('Loading the build…'),
    },
    {
      name: 'build-not-found',
      path: '/jobs/018f2f3e-0000-7000-8000-000000000000',
      ready: (page) => page.getByText('There is no such build, or it is not yours'),
    },
    {
      name: 'build-cancel',
      path: `/jobs/${day.building}`,
      open: press('Cancel'),
      ready: dialog('Cancel bookshop'),
    },
    opened({ name: 'build-actions', open: press('More actions'), ready: (page) => page.getByRole('menu') }),
    opened({
      name: 'build-states-list',
      open: press('Show as list'),
      ready: (page) => page.getByRole('button', { name: 'Show as chart' }),
      hold: intoView('State machine'),
    }),
    opened({
      name: 'events-timeline',
      open: choose('Timeline'),
      ready: (page) => page.getByRole('list', { name: 'Timeline' }),
      hold: intoView('Events'),
      inGuide: [1440],
    }),
    opened({
      name: 'events-raw',
      async open(page) {
        await choose('Raw')(page);
        await page.getByRole('button', { name: 'Event 2 as JSON' }).click();
      },
      ready: (page) => page.getByRole('button', { name: 'Copy event 2' }),
      hold: intoView('Events'),
    }),
    opened({
      name: 'log-search',
      async open(page) {
        await page.getByRole('button', { name: 'Fill the window' }).click();
        await page.getByLabel('Search the log').fill('dist');
      },
      ready: (page) => page.getByText(/^1 of \d+$/).first(),
      inGuide: [1440],
    }),
  ];
}

/** All but who is signed in. */
async function leaveUnanswered(page: Page): Promise<void> {
  await page.routeWebSocket(/./, () => {});
  await page.route('**/api/website-builder/**', (route) =>
    /\/auth\//.test(route.request().url()) ? route.fallback() : never(),
  );
}

const intoView = (name: string) => (page: Page) => region(page, name).evaluate((part) => part.scrollIntoView());

/** What opens above any page. */
const shellScenes: readonly Scene[] = [
  onBuilds({
    name: 'palette',
    open: (page) => page.keyboard.press('Control+k'),
    ready: dialog('Search builds and commands'),
    inGuide: [1440],
  }),
  onBuilds({
    name: 'palette-typed',
    async open(page) {
      await page.keyboard.press('Control+k');
      await dialog('Search builds and commands')(page).getByRole('combobox').fill('ferry');
    },
    ready: (page) => page.getByRole('option', { name: /^Find all builds/ }),
  }),
  onBuilds({
    name: 'shortcuts',
    open: (page) => page.keyboard.press('?'),
    ready: dialog('Keyboard shortcuts'),
    inGuide: [1440],
  }),
  onBuilds({
    name: 'account-menu',
    open: press('Account'),
    ready: (page) => page.getByRole('menuitem', { name: 'Preferences' }),
  }),
  onBuilds({
    name: 'preferences',
    async open(page) {
      await press('Account')(page);
      await page.getByRole('menuitem', { name: 'Preferences' }).click();
    },
    ready: dialog('Preferences'),
  }),
  onBuilds({
    name: 'notifications',
    open: press(/^Notifications, /),
    ready: (page) =>
      page
        .getByRole('dialog', { name: 'Notifications' })
        .getByText(/corner-shop/)
        .first(),
    inGuide: phoneAndDesk,
  }),
  onBuilds({
    name: 'connection',
    open: press('Connection: Live'),
    ready: (page) => page.getByText('Changes show as they happen.'),
  }),
  onBuilds({
    name: 'connection-lost',
    async open(page) {
      await page.context().setOffline(true);
      await press('Connection: Offline')(page);
    },
    ready: (page) => page.getByRole('button', { name: 'Try again now' }),
  }),
  { name: 'not-found', path: '/nowhere', ready: (page) => page.getByText('There is no such page.') },
];

/** With a build of every kind. Those of uploads are last: they add to what is there. */
export const busyScenes = (day: BusyDay): readonly Scene[] => [
  ...queueScenes,
  ...buildScenes(day),
  ...troubleScenes(day),
  ...shellScenes,
  ...uploadScenes,
];

/** What is told of a build that ends while somebody looks; `upload` has one end. */
export const toastScene = (name: string, title: string, upload: () => Promise<unknown>): Scene => ({
  name,
  path: '/',
  async open(page) {
    await page.locator('[data-connection="live"]').waitFor();
    await upload();
  },
  ready: (page) => toastOf(page, title),
  // It stays for as long as it is pointed at.
  hold: (page) => toastOf(page, title).hover(),
});

const toastOf = (page: Page, title: string) => page.locator('[data-sonner-toast]').filter({ hasText: title });
