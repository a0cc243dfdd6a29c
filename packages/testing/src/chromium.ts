import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));

const run = promisify(execFile);
const DOWNLOAD_TIMEOUT_MS = 180_000;

/** Names that Chrome and Chromium have on a PATH. */
const COMMANDS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'microsoft-edge'];
/** Where they are without being on a PATH. */
const USUAL_PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** Without a display, a GPU, or a word to anybody else. */
export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox', // as root it has none; the pages are our own
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What is known about where a browser may be; tests hand in another. */
export interface Surroundings {
  readonly path: string;
  readonly usualPlaces: readonly string[];
  /** `YARDMASTER_CHROMIUM`: an explicit choice, which is taken or nothing. */
  readonly chosen: string | undefined;
  /** Ways to get one, tried in order; each returns why it could not. */
  readonly sources: readonly (() => Promise<string | null>)[];
}

/** The program of a Chrome or Chromium on this machine, got if there is none. Throws what would have to be done. */
export async function findChromium(surroundings: Surroundings = ofThisMachine()): Promise<string> {
  const { chosen, sources } = surroundings;
  if (chosen !== undefined) {
    if (isProgram(chosen)) return chosen;
    throw new Error(`YARDMASTER_CHROMIUM names ${chosen}, which is no program.`);
  }
  const reasons: string[] = [];
  for (const source of [async () => null, ...sources]) {
    const reason = await source();
    if (reason !== null) reasons.push(reason);
    const found = look(surroundings);
    if (found !== null) return found;
  }
  throw new Error(
    [
      'The browser tests need Chrome or Chromium, and there is none on the PATH nor in the usual places.',
      ...reasons,
      'Install one ("apt-get install chromium", or from its maker), or name its program in YARDMASTER_CHROMIUM.',
    ].join('\n'),
  );
}

/** Playwright's own goes into a folder of the repository; Debian's package is for a machine that is ours to change. */
function ofThisMachine(): Surroundings {
  process.env.PLAYWRIGHT_BROWSERS_PATH ??= join(repositoryRoot, '.tools', 'browsers');
  return {
    path: process.env.PATH ?? '',
    usualPlaces: [...USUAL_PLACES, chromium.executablePath()],
    chosen: process.env.YARDMASTER_CHROMIUM,
    sources: [installPlaywrights, installDebians],
  };
}

function look({ path, usualPlaces }: Surroundings): string | null {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  const onPath = folders.flatMap((folder) => COMMANDS.map((command) => join(folder, command)));
  return [...onPath, ...usualPlaces].find(isProgram) ?? null;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function installPlaywrights(): Promise<string | null> {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  return await attempt('Playwright’s Chromium could not be downloaded', () =>
    run(process.execPath, [cli, 'install', 'chromium'], { timeout: DOWNLOAD_TIMEOUT_MS }),
  );
}

async function installDebians(): Promise<string | null> {
  if (!isDebian()) return 'This is no Debian or Ubuntu, so apt-get was not tried.';
  if (process.getuid?.() !== 0) return 'Only root may install Debian’s package.';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return await attempt('Debian’s package could not be installed', async () => {
    await run('apt-get', ['update', '-q'], { env, timeout: DOWNLOAD_TIMEOUT_MS });
    const args = ['install', '-y', '-q', '--no-install-recommends', 'chromium'];
    await run('apt-get', args, { env, timeout: DOWNLOAD_TIMEOUT_MS });
  });
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

async function attempt(failure: string, action: () => Promise<unknown>): Promise<string | null> {
  try {
    await action();
    return null;
  } catch (error) {
    const said = error instanceof Error ? error.message.trim().split('\n').slice(-3).join(' ') : String(error);
    return `${failure}: ${said}`;
  }
}
