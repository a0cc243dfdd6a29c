import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { signInLink, useBrowser } from './support/browser.ts';
import { untilEnded } from './support/builds.ts';
import { dropFiles } from './support/drag-files.ts';
import { useInstallation } from './support/installation.ts';
import { createViteProject, gatedProject, plainWebsite, withFiles, writeProject, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: '1' });
const browser = useBrowser();

const uploads = (page: Page) => page.getByRole('region', { name: 'Upload a project' });
const underWay = (page: Page) => page.getByRole('region', { name: 'Under way' });
const completed = (page: Page) => page.getByRole('region', { name: 'Completed', exact: true });

describe('somebody new', () => {
  test('follows the link, drops a zip, watches it being built, opens the preview and goes back in its history', async () => {
    const folder = installation.newFolder();
    const archive = join(folder, 'corner-shop.zip');
    writeFileSync(archive, zipOf(createViteProject(join(folder, 'corner-shop'), 'react-ts')));
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    await page.goto(await signInLink(installation.product));

    await dropFiles(uploads(page), [archive]);
    expect(await page.getByLabel('Name of the website').inputValue()).toBe('corner-shop');
    await page.getByRole('button', { name: 'Upload and build' }).click();
    await uploads(page)
      .getByText(/Position 1|Building/)
      .first()
      .waitFor();
    await underWay(page).getByText('corner-shop').first().waitFor();

    await uploads(page).getByRole('link', { name: 'Open build' }).click();
    await page.getByRole('heading', { level: 1, name: 'corner-shop #1' }).waitFor();
    await page.locator('[data-state="buildJob.building.installing"][data-active="true"]').waitFor();
    await page.locator('[data-line="1"]').waitFor();
    await page.locator('[data-state="buildJob.completed"][data-active="true"]').waitFor();
    expect(await page.getByText('Completed').first().isVisible()).toBe(true);

    const [preview] = await Promise.all([
      page.context().waitForEvent('page'),
      page
        .getByRole('link', { name: /^Open preview/ })
        .first()
        .click(),
    ]);
    await preview.waitForLoadState();
    expect(new URL(preview.url()).hostname).toBe('corner-shop-1.preview.localhost');
    await preview.locator('#root *').first().waitFor();
    await preview.close();

    await page.locator('[data-revision="0"]').first().click();
    await page
      .getByText(/Viewing the past/i)
      .first()
      .waitFor();
    await page.locator('[data-state="buildJob.pending"][data-active="true"]').waitFor();
    await page.getByRole('button', { name: 'Back to live' }).first().click();
    await page.locator('[data-state="buildJob.completed"][data-active="true"]').waitFor();
  });

  test('is told of the end by a toast and by the bell, whose list can be read and emptied', async () => {
    const { product } = installation;
    const page = await browser.signIn(product);
    await page.getByText('Live', { exact: true }).first().waitFor();
    const { buildJobId } = (await product.api.uploadArchive('toasted', zipOf(plainWebsite('toast')))).website;
    const toast = page.locator('[data-sonner-toast]').filter({ hasText: 'Build completed' });
    await toast.waitFor();
    expect(await toast.getByRole('link', { name: /Open preview/ }).getAttribute('href')).toContain('toasted-1.preview');
    await toast.getByRole('link', { name: 'View', exact: true }).click();
    await page.waitForURL(`**/jobs/${buildJobId}`);

    await page.getByRole('button', { name: /^Notifications, \d+ unread$/ }).click();
    await page.getByRole('button', { name: 'Mark all as read' }).click();
    await until('everything has been read', async () =>
      (await product.api.notifications()).every(({ read }) => read) ? true : null,
    );
    const panel = page.getByRole('dialog', { name: 'Notifications' });
    const before = (await product.api.notifications()).length;
    await panel
      .getByRole('button', { name: /^Delete/ })
      .first()
      .click();
    await until('one has been deleted', async () =>
      (await product.api.notifications()).length === before - 1 ? true : null,
    );
  });

  test('chooses a folder, sees it wait and why, cancels it while it is built, and retries it', async () => {
    const { product } = installation;
    const gate = await installation.newGate();
    const folder = writeProject(join(installation.newFolder(), 'held'), gatedProject({ gate }));
    const blocker = await product.api.uploadArchive('blocker', zipOf(gatedProject({ gate })));
    await gate.arrived('install', 1);
    const page = await browser.signIn(product);

    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Choose folder' }).click(),
    ]);
    await chooser.setFiles(folder);
    await page.getByRole('button', { name: 'Upload and build' }).click();
    const card = underWay(page).getByRole('listitem').filter({ hasText: 'held' });
    await card.getByText('Position 1').waitFor();
    await product.api.cancel(blocker.website.buildJobId);
    await gate.arrived('install', 2);
    await card.getByText('Installing dependencies…').waitFor();
    await card.getByRole('button', { name: /^Cancel/ }).click();
    await page.getByRole('button', { name: 'Cancel build' }).click();
    const row = completed(page).getByRole('row').filter({ hasText: 'held' });
    await row.getByText('Cancelled').waitFor();

    gate.open();
    await row.getByRole('button', { name: /^Retry/ }).click();
    await completed(page)
      .getByRole('row')
      .filter({ hasText: 'held' })
      .filter({ hasText: '#2' })
      .getByText('Completed')
      .waitFor();
  });

  test('reads why a build failed before anything else, with the place in the source', async () => {
    const { product } = installation;
    const folder = installation.newFolder();
    const project = withFiles(createViteProject(join(folder, 'broken'), 'vanilla-ts'), {
      'src/main.ts': 'const count: number = "one";\nexport { count };\n',
    });
    const { buildJobId } = (await product.api.uploadArchive('broken', zipOf(project))).website;
    await untilEnded(product, buildJobId);
    const page = await browser.signIn(product, { path: `/jobs/${buildJobId}` });
    const failure = page.getByText('src/main.ts', { exact: true }).first();
    await failure.waitFor();
    await page
      .getByText(/Type 'string' is not assignable to type 'number'/)
      .first()
      .waitFor();
    const steps = await page.getByRole('heading', { name: 'Steps' }).boundingBox();
    expect((await failure.boundingBox())?.y).toBeLessThan(steps?.y ?? 0);
    await page.getByText('const count: number = "one";').first().waitFor();
  });

  test('is told at once that a file is no archive, and by the server what an archive lacks', async () => {
    const folder = writeProject(join(installation.newFolder(), 'odd'), new Map([['renamed.zip', 'Rar! and more']]));
    const page = await browser.signIn(installation.product);
    await dropFiles(uploads(page), [join(folder, 'renamed.zip')]);
    await uploads(page).getByRole('alert').waitFor();
    await uploads(page).getByRole('button', { name: 'Dismiss' }).click();

    const archive = join(folder, 'empty.zip');
    writeFileSync(archive, zipOf(new Map([['notes.txt', 'nothing to build']])));
    await dropFiles(uploads(page), [archive]);
    await page.getByRole('button', { name: 'Upload and build' }).click();
    await uploads(page).getByRole('alert').waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).isEnabled()).toBe(true);
  });
});
