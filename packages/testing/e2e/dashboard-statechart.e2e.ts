import { buildJobMachine } from '@yardmaster/domain';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { untilEnded } from './support/builds.ts';
import { useInstallation } from './support/installation.ts';
import { gatedProject, zipOf } from './support/projects.ts';
import { until } from './support/until.ts';

const installation = useInstallation({ YARDMASTER_WORKERS: '1', YARDMASTER_SLOTS: '1' });
const browser = useBrowser();

/** Ids of the innermost states that the chart shows as active. */
const activeStates = (page: Page): Promise<readonly string[]> =>
  page
    .locator('[data-state][data-active="true"]')
    .evaluateAll((boxes) => boxes.map((box) => box.getAttribute('data-state') ?? ''))
    .then((ids) => ids.filter((id) => !ids.some((other) => other.startsWith(`${id}.`))));

async function untilActive(page: Page, state: string): Promise<void> {
  await until(`the chart shows ${state}`, async () => {
    const active = await activeStates(page);
    return active.length === 1 && active[0] === `buildJob.${state}` ? true : null;
  });
}

interface StateNode {
  readonly id: string;
  readonly states: Readonly<Record<string, StateNode>>;
}

const statesBelow = ({ states }: StateNode): readonly string[] =>
  Object.values(states).flatMap((state) => [state.id, ...statesBelow(state)]);

/** The same id as XState gives to the innermost state of a value. */
function innermost(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[outer, inner] = ['', '']] = Object.entries(value as Readonly<Record<string, unknown>>);
  return `${outer}.${innermost(inner)}`;
}

describe('a build that is watched', () => {
  test('is shown in the state it is in, at each step, while it goes on', async () => {
    const { product } = installation;
    const gate = await installation.newGate();
    const blocker = await product.api.uploadArchive('blocker', zipOf(gatedProject({ gate })));
    await gate.arrived('install', 1);
    const project = zipOf(gatedProject({ gate, typechecks: true }));
    const { buildJobId } = (await product.api.uploadArchive('watched', project)).website;
    const page = await browser.signIn(product, { path: `/jobs/${buildJobId}` });

    await untilActive(page, 'queued');
    await product.api.cancel(blocker.website.buildJobId);
    await gate.arrived('install', 2);
    await untilActive(page, 'building.installing');
    gate.open('install');
    await gate.arrived('typecheck', 1);
    await untilActive(page, 'building.typechecking');
    gate.open('typecheck');
    await gate.arrived('build', 1);
    await untilActive(page, 'building.bundling');
    gate.open('build');
    await untilActive(page, 'completed');
    expect(await page.locator('[data-state="buildJob.building.extracting"]').getAttribute('data-visits')).toBe('1');
    expect(await page.locator('[data-state="buildJob.failed"]').getAttribute('data-visits')).toBe('0');
  });

  test('is shown as cancelled when it is cancelled on its page', async () => {
    const { product } = installation;
    const gate = await installation.newGate();
    const { buildJobId } = (await product.api.uploadArchive('stopped', zipOf(gatedProject({ gate })))).website;
    await gate.arrived('install', 1);
    const page = await browser.signIn(product, { path: `/jobs/${buildJobId}` });
    await untilActive(page, 'building.installing');
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByRole('button', { name: 'Cancel the build' }).click();
    await untilActive(page, 'cancelled');
  });
});

describe('time travel', () => {
  let jobId = '';
  beforeAll(async () => {
    const { product } = installation;
    const gate = await installation.newGate();
    gate.open();
    const project = zipOf(gatedProject({ gate, typechecks: true }));
    jobId = (await product.api.uploadArchive('travelled', project)).website.buildJobId;
    await untilEnded(product, jobId);
  });

  test('shows at every event the state that the server replays for it', async () => {
    const { api } = installation.product;
    const history = await api.history(jobId);
    const page = await browser.signIn(installation.product, { path: `/jobs/${jobId}?at=0` });
    for (const { revision } of history) {
      const row = page.locator(`[data-revision="${revision}"]`).first();
      await row.click();
      await expect.poll(() => row.getAttribute('aria-current')).toBe('step');
      const { state } = await api.replay(jobId, revision);
      await untilActive(page, innermost(state));
      // After its last event a build is as it is now, which needs no moment in the address.
      const inAddress = revision === history.length - 1 ? null : String(revision);
      await expect.poll(() => new URL(page.url()).searchParams.get('at')).toBe(inAddress);
    }
  });

  test('knows every state of the machine', async () => {
    const page = await browser.signIn(installation.product, { path: `/jobs/${jobId}` });
    await page.locator('[data-state="buildJob.completed"][data-active="true"]').waitFor();
    const drawn = await page
      .locator('[data-state^="buildJob."]')
      .evaluateAll((boxes) => boxes.map((box) => box.getAttribute('data-state') ?? ''));
    expect([...drawn].sort()).toEqual([...statesBelow(buildJobMachine.root)].sort());
  });

  test('draws its words within their boxes, in the font that the boxes were made for', async () => {
    const page = await browser.signIn(installation.product, { path: `/jobs/${jobId}` });
    await page.locator('[data-state="buildJob.completed"][data-active="true"]').waitFor();
    await page.evaluate('document.fonts.ready');
    const words = page.locator('[data-state^="buildJob."], [data-transition]');
    const cutOff = await words.evaluateAll((boxes) =>
      boxes
        .filter((box) => box.scrollWidth > box.clientWidth + 1)
        .map((box) => `${box.textContent}: ${box.scrollWidth} > ${box.clientWidth}`),
    );
    expect(cutOff).toEqual([]);
  });
});
