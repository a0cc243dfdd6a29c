import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { AxeResults, RunOptions } from 'axe-core';
import type { CDPSession, Page } from 'playwright-core';
import { repositoryRoot } from './product.ts';
import type { Scene } from './scenes.ts';

const sizes = [
  { width: 1440, height: 960, isTouched: false },
  { width: 768, height: 1024, isTouched: false },
  { width: 390, height: 844, isTouched: true },
] as const;
/** The narrowest that WCAG asks for: everything has to fit. */
const narrowest = { width: 320, height: 640, isTouched: true } as const;
interface Size {
  readonly width: number;
  readonly height: number;
  readonly isTouched: boolean;
}
export const firstSize = sizes[0];

const themes = ['light', 'dark'] as const;
type Theme = (typeof themes)[number];

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const picturesFolder = join(repositoryRoot, '.vitest', 'screenshots');
/** `YARDMASTER_SCREENSHOTS`: where those that the guide shows go. */
const guideFolder = process.env.YARDMASTER_SCREENSHOTS;

/**
 * Looks at a page, as it stands, in every size and theme, and takes a picture each time. Returns what is wrong: each rule
 * of WCAG 2.2 AA that axe finds broken, and how far the page is wider than its window.
 */
export async function lookAt(page: Page, scene: Scene): Promise<readonly string[]> {
  const cdp = await page.context().newCDPSession(page);
  await page.evaluate(axeSource);
  await drawEverything(page);
  const faults: string[] = [];
  for (const size of sizes) {
    await resize(page, cdp, size.isTouched ? size : { ...size, height: scene.deskHeight ?? size.height });
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      await scene.hold?.(page);
      await settle(page, theme);
      const where = `${scene.name} at ${size.width} px, ${theme}`;
      faults.push(...(await overflow(page)).map((fault) => `${where}: ${fault}`));
      faults.push(...(await violations(page)).map((fault) => `${where}: ${fault}`));
      await takePicture(page, { scene, size, theme });
    }
  }
  await resize(page, cdp, narrowest);
  await settle(page, 'dark');
  faults.push(...(await overflow(page)).map((fault) => `${scene.name} at ${narrowest.width} px: ${fault}`));
  return faults;
}

/** What is out of sight, and so not drawn, keeps the colours of the theme before: axe would find those. */
async function drawEverything(page: Page): Promise<void> {
  await rootOf(page).evaluate(({ ownerDocument }) => {
    const sheet = new ownerDocument.defaultView.CSSStyleSheet();
    sheet.replaceSync('* { content-visibility: visible !important; transition: none !important }');
    ownerDocument.adoptedStyleSheets.push(sheet);
  });
}

/** A phone has fingers: what is pressed grows, and nothing shows by being pointed at. */
async function resize(page: Page, cdp: CDPSession, { width, height, isTouched }: Size): Promise<void> {
  await page.setViewportSize({ width, height });
  await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: isTouched, ...(isTouched && { maxTouchPoints: 5 }) });
}

interface Moving {
  readonly effect: { getComputedTiming(): { readonly endTime: number } } | null;
  finish(): void;
}

/** The theme is there, everything has its font and its place, and what moves to an end is at it. */
async function settle(page: Page, theme: Theme): Promise<void> {
  // The page of a link that was refused is the server's, and has no themes of its own.
  await page.locator(`:root[data-theme="${theme}"], :root:not([data-theme])`).waitFor();
  await rootOf(page).evaluate(async ({ ownerDocument }) => {
    const window = ownerDocument.defaultView;
    await ownerDocument.fonts.ready;
    const picture = () => new Promise((resolve) => window?.requestAnimationFrame(resolve));
    for (let pictures = 0; pictures < 2; pictures += 1) await picture();
    const isEnding = ({ effect }: Moving) => Number.isFinite(effect?.getComputedTiming().endTime);
    for (const animation of ownerDocument.getAnimations().filter(isEnding)) animation.finish();
  });
}

async function overflow(page: Page): Promise<readonly string[]> {
  const widerByPx = await rootOf(page).evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
  return widerByPx > 0 ? [`the page is ${widerByPx} px wider than its window`] : [];
}

interface Axe {
  run(node: unknown, options: RunOptions): Promise<AxeResults>;
}

async function violations(page: Page): Promise<readonly string[]> {
  const found = await rootOf(page).evaluate(async ({ ownerDocument }, runOnly) => {
    const { axe } = ownerDocument.defaultView as unknown as { readonly axe: Axe }; // its source was run there
    return (await axe.run(ownerDocument, { runOnly, resultTypes: ['violations'] })).violations;
  }, rules);
  return found.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
}

const rootOf = (page: Page) => page.locator(':root');

async function takePicture(
  page: Page,
  { scene, size: { width }, theme }: { readonly scene: Scene; readonly size: Size; readonly theme: Theme },
): Promise<void> {
  const isForGuide = guideFolder !== undefined && scene.inGuide?.includes(width) === true;
  const folder = isForGuide ? guideFolder : picturesFolder;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${scene.name}-${width}-${theme}.png`);
  await page.screenshot({ path, animations: 'disabled', fullPage: scene.isWhole === true && !isForGuide });
}
