import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { debianPackage } from './debian-package.mjs';
import { bringNatsServer, hasNatsServer } from './nats-server.mjs';
import { readPackageSettings } from './package-settings.mjs';
import { repositoryRoot, stampPath, toolsBinFolder, toolsFolder } from './places.mjs';
import { acquireLock } from './process-lock.mjs';
import { runProgram } from './run-program.mjs';
import { explainFailure, SetUpError } from './set-up-error.mjs';
import { hashInputs, stampFile } from './stamps.mjs';
import {
  bringToolchain,
  checkPlatform,
  hasToolchain,
  NODE_VERSION,
  nodePath,
  PNPM_VERSION,
  pnpmPath,
} from './toolchain.mjs';

const LOCK_POLL_MS = 200;
const LOCK_TIMEOUT_MS = 15 * 60_000;

/**
 * @typedef {{ readonly name: string, readonly title: string, readonly hash: () => string,
 *   readonly isThere: () => boolean, readonly isWanted?: () => boolean, readonly run: (env: NodeJS.ProcessEnv) => Promise<void> }} Step
 */

/**
 * Makes the repository ready to run and returns the environment to run it in.
 *
 * Each step is remembered with a hash of its inputs, so a second call costs milliseconds and says nothing. Two calls
 * at once wait for each other. Messages go to stderr, so that a command's own output stays clean. Throws SetUpError,
 * whose message names the fix.
 *
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
export async function setUp() {
  checkPlatform();
  try {
    const env = await productEnvironment();
    if (steps.some(isDue)) await withSetUpLock(() => runDueSteps(env));
    return env;
  } catch (error) {
    throw error instanceof SetUpError ? error : explainFailure(`Set-up failed: ${messageOf(error)}`, messageOf(error));
  }
}

/** @type {readonly Step[]} */
const steps = [
  {
    name: 'toolchain',
    title: `Bringing Node ${NODE_VERSION} and pnpm ${PNPM_VERSION}`,
    hash: () => hashInputs(repositoryRoot, [], [NODE_VERSION, PNPM_VERSION, process.platform, process.arch]),
    isThere: hasToolchain,
    run: bringToolchain,
  },
  {
    name: 'dependencies',
    title: 'Installing dependencies',
    hash: () => hashInputs(repositoryRoot, ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()], [NODE_VERSION]),
    isThere: () => existsSync(join(repositoryRoot, 'node_modules', '.modules.yaml')),
    run: installDependencies,
  },
  {
    name: 'dashboard',
    title: 'Building the dashboard',
    hash: () => hashInputs(repositoryRoot, dashboardInputs, [NODE_VERSION]),
    isThere: () => existsSync(join(repositoryRoot, 'apps', 'dashboard', 'dist', 'index.html')),
    run: buildDashboard,
  },
  {
    name: 'nats-server',
    title: 'Bringing nats-server',
    hash: () => 'v1',
    isThere: hasNatsServer,
    isWanted: () => (process.env.NATS_URL ?? '') === '', // somebody else runs one
    run: bringNatsServer,
  },
  {
    name: 'bubblewrap',
    title: 'Bringing bubblewrap, if it can be had',
    hash: () => 'v1',
    isThere: () => true, // optional: tried once
    run: tryBubblewrap,
  },
];

const dashboardInputs = [
  'pnpm-lock.yaml',
  'packages/domain/src',
  'packages/protocol/src',
  ...['src', 'public', 'build', 'index.html', 'package.json', 'tsconfig.json', 'vite.config.ts'].map(
    (name) => `apps/dashboard/${name}`,
  ),
];

function manifests() {
  const nested = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(repositoryRoot, group)).map((name) => join(group, name)),
  );
  return ['', 'bench', ...nested.sort()].map((folder) => join(folder, 'package.json'));
}

/** @param {Step} step */
function isDue(step) {
  if (step.isWanted?.() === false) return false;
  return !step.isThere() || !stampFile(stampPath(step.name)).matches(step.hash());
}

/** @param {NodeJS.ProcessEnv} env */
async function runDueSteps(env) {
  for (const step of steps) {
    if (!isDue(step)) continue;
    const startedAt = performance.now();
    say(`${step.title} …`);
    const hash = step.hash();
    await step.run(env);
    stampFile(stampPath(step.name)).write(hash);
    say(`${step.title}: done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  }
}

/** @param {() => Promise<void>} work */
async function withSetUpLock(work) {
  mkdirSync(toolsFolder, { recursive: true });
  const deadline = Date.now() + LOCK_TIMEOUT_MS;
  let told = false;
  for (;;) {
    const lock = acquireLock(join(toolsFolder, 'set-up.lock'));
    if (lock.ok) {
      try {
        return await work();
      } finally {
        lock.release();
      }
    }
    if (Date.now() > deadline)
      throw new SetUpError(
        `Another set-up (process ${lock.holder.pid}) does not end: stop it, then run the same command again.`,
      );
    if (!told) say(`Another set-up runs here (process ${lock.holder.pid}); waiting for it …`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
  }
}

/** @param {NodeJS.ProcessEnv} env */
async function installDependencies(env) {
  const { code, output } = await runProgram(pnpmPath, ['install', '--frozen-lockfile'], {
    cwd: repositoryRoot,
    // Never asks; and does not look for the version that package.json names, which is the one that runs.
    env: { ...env, CI: '1', pnpm_config_pm_on_fail: 'ignore' },
  });
  if (code !== 0) throw explainFailure('The dependencies could not be installed.', output);
}

/** @param {NodeJS.ProcessEnv} env */
async function buildDashboard(env) {
  const cwd = join(repositoryRoot, 'apps', 'dashboard');
  const vite = join(cwd, 'node_modules', 'vite', 'bin', 'vite.js');
  const { code, output } = await runProgram(nodePath, [vite, 'build'], { cwd, env });
  if (code !== 0) throw explainFailure('The dashboard could not be built.', output);
}

/** For a stronger sandbox than the process group, which is all that builds use today. */
async function tryBubblewrap() {
  await debianPackage('bubblewrap', 'usr/bin/bwrap', { mayFetchLists: false }).catch(() => null);
}

async function productEnvironment() {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^npm_(lifecycle|package|command|config)_/i.test(name),
  );
  return {
    ...Object.fromEntries(inherited),
    ...(await readPackageSettings()),
    PATH: `${toolsBinFolder}${delimiter}${process.env.PATH ?? ''}`,
    NODE_COMPILE_CACHE: join(toolsFolder, 'compile-cache'),
  };
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`yardmaster: ${text}\n`);
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
