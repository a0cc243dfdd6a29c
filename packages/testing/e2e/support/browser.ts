import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../src/chromium.ts';
import { type Product, repositoryRoot } from './product.ts';

/** Where pictures of pages are put whose test failed. */
const failuresFolder = join(repositoryRoot, '.vitest', 'failed-pages');

/** What a page may take for one step on a busy machine. */
const STEP_TIMEOUT_MS = 60_000;

export interface OpenOptions extends BrowserContextOptions {
  /** Where the dashboard is reached, when not at the product itself. */
  readonly url?: string;
  /** The page to go to once signed in. */
  readonly path?: string;
}

/** A browser for the tests of a file. */
export interface BrowserOfTests {
  /** A page of a fresh profile that has followed a sign-in link. */
  signIn(product: Pick<Product, 'url' | 'token'>, options?: OpenOptions): Promise<Page>;
  /** A page of a fresh profile, of nobody. */
  newPage(options?: BrowserContextOptions): Promise<Page>;
}

/**
 * A real Chromium before the tests of a file. A test fails when one of its pages has thrown an error that nobody caught
 * or has been kept from something by the content security policy; what its pages looked like is kept then.
 */
export function useBrowser(): BrowserOfTests {
  let browser: Browser | null = null;
  let contexts: BrowserContext[] = [];
  let faults: string[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: await findChromium(), args: CHROMIUM_ARGUMENTS });
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await keepPictures(contexts, task.name);
    await Promise.all(contexts.map((context) => context.close()));
    const found = faults;
    [contexts, faults] = [[], []];
    expect(found).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
  });

  async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
    if (browser === null) throw new Error('The browser has not been started.');
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    contexts.push(context);
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/i.test(message.text())) faults.push(message.text());
    });
    return page;
  }

  return {
    newPage,
    async signIn(product, { url = product.url, path = '/', ...options } = {}) {
      const page = await newPage(options);
      await page.goto(await signInLink(product, url));
      if (path !== '/') await page.goto(url + path);
      return page;
    },
  };
}

/** A one-time link that signs in at `url`. */
export async function signInLink({ url, token }: Pick<Product, 'url' | 'token'>, at = url): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/website-builder/auth/link`, { method: 'POST', headers });
  const { url: link } = (await answer.json()) as { readonly url: string }; // of our own API
  return `${at}/sign-in${new URL(link).search}`;
}

async function keepPictures(contexts: readonly BrowserContext[], test: string): Promise<void> {
  mkdirSync(failuresFolder, { recursive: true });
  const name = test.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase();
  const pages = contexts.flatMap((context) => context.pages());
  for (const [index, page] of pages.entries()) {
    const path = join(failuresFolder, `${name}-${index + 1}.png`);
    // A page that hangs has no picture; that is no reason to hide what the test itself found.
    await page.screenshot({ path, timeout: 5_000 }).catch(() => undefined);
    process.stderr.write(`A picture of ${page.url()} is in ${path}\n`);
  }
}
