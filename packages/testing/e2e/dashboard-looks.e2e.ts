import type { BrowserContextOptions } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { type BusyDay, busyDaySettings, haveBusyDay } from './support/busy-day.ts';
import { useInstallation } from './support/installation.ts';
import { firstSize, lookAt } from './support/looks.ts';
import { plainWebsite, withFiles, zipOf } from './support/projects.ts';
import { busyScenes, firstScenes, type Scene, signedOutScenes, toastScene } from './support/scenes.ts';

const installation = useInstallation(busyDaySettings);
const browser = useBrowser();

/** What the browser of somebody keeps who is signed in. */
let signedIn: BrowserContextOptions = {};

beforeAll(async () => {
  const page = await browser.signIn(installation.product);
  signedIn = { storageState: await page.context().storageState() };
});

interface LookOptions {
  readonly isSignedIn?: boolean;
}

/** Opens a scene and looks at it in every width and theme: nothing that axe or the eye of a ruler finds may be wrong. */
async function look(scene: Scene, { isSignedIn = true }: LookOptions = {}): Promise<void> {
  const page = await browser.newPage({
    viewport: firstSize,
    reducedMotion: 'reduce',
    ...(isSignedIn ? signedIn : {}),
  });
  await scene.before?.(page);
  await page.goto(installation.product.url + scene.path);
  await scene.open?.(page);
  await scene.ready(page).waitFor();
  expect(await lookAt(page, scene)).toEqual([]);
}

const named = (scenes: readonly Scene[]) => scenes.map((scene) => [scene.name, scene] as const);

describe('before anybody is signed in: accessible and within the window', () => {
  test.each(named(signedOutScenes))('%s', (_, scene) => look(scene, { isSignedIn: false }));
});

describe('before the first build: accessible and within the window', () => {
  test.each(named(firstScenes))('%s', (_, scene) => look(scene));
});

describe('when a build ends: accessible and within the window', () => {
  const upload = (name: string, project: Parameters<typeof zipOf>[0]) => () =>
    installation.product.api.uploadArchive(name, zipOf(project));
  const failing = { name: 'menu-card', private: true, scripts: { build: 'exit 1' } };

  test('toast-completed', () =>
    look(toastScene('toast-completed', 'Build completed', upload('street-map', plainWebsite('Map')))));

  test('toast-failed', () =>
    look(
      toastScene(
        'toast-failed',
        'Build failed',
        upload('menu-card', withFiles(new Map(), { 'package.json': JSON.stringify(failing) })),
      ),
    ));
});

describe('on a busy day: accessible and within the window', () => {
  const unknown: BusyDay = { completed: '', failed: '', cancelled: '', building: '', queued: '' };
  const day = { ...unknown };
  beforeAll(async () => {
    Object.assign(day, await haveBusyDay(installation));
  });
  // The builds are not there yet when the tests are named.
  test.each(busyScenes(unknown).map(({ name }) => name))('%s', (name) => {
    const scene = busyScenes(day).find((each) => each.name === name);
    if (scene === undefined) throw new Error(`There is no scene ${name}.`);
    return look(scene);
  });
});
