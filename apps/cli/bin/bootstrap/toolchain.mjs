import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runNpm } from './package-settings.mjs';
import { toolsBinFolder, toolsFolder } from './places.mjs';
import { runProgram } from './run-program.mjs';
import { explainFailure, SetUpError } from './set-up-error.mjs';

/** One place for the versions of what runs everything else. */
export const NODE_VERSION = '24.21.0';
export const PNPM_VERSION = '12.21.0';

const NODE_MAJOR = 24;

export const nodePath = join(toolsBinFolder, 'node');
export const pnpmPath = join(toolsBinFolder, 'pnpm');

/** Where the packages are put: a project of its own, so that npm does not climb up to ours. */
const folder = join(toolsFolder, 'toolchain');

/** Refuses platforms on which the product cannot run, before anything is downloaded. */
export function checkPlatform() {
  if (process.platform === 'linux' || process.platform === 'darwin') return;
  throw new SetUpError(
    `Yardmaster runs on Linux and macOS, not on ${process.platform}. On Windows, run it inside WSL 2: https://learn.microsoft.com/windows/wsl/install`,
  );
}

/** True when both tools are where they belong. */
export function hasToolchain() {
  return existsSync(nodePath) && existsSync(pnpmPath);
}

/**
 * Brings the pinned Node and pnpm with npm: the packages that hold one platform's binary, so that no install script
 * has to run. Where the registry has no Node for this platform, a running Node that is new enough is used instead.
 */
export async function bringToolchain() {
  mkdirSync(folder, { recursive: true });
  mkdirSync(toolsBinFolder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  await bringPnpm();
  await bringNode();
}

async function bringNode() {
  const name = nodePackage();
  const installed = name === null ? null : await install(name, NODE_VERSION);
  if (name !== null && installed?.code === 0) {
    const file = join(folder, 'node_modules', name, 'bin', 'node');
    const { code, stdout, output } = await runProgram(file, ['--version']);
    if (code === 0 && stdout.trim() === `v${NODE_VERSION}`) return link(file, nodePath);
    throw explainFailure(`The Node that npm brought (${name}@${NODE_VERSION}) does not run here.`, output);
  }
  if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) return link(process.execPath, nodePath);
  throw explainFailure(
    `Node ${NODE_VERSION} could not be brought for ${process.platform}-${process.arch}. If this platform has none on npm, install Node ${NODE_MAJOR} and run the same command with it.`,
    installed?.output ?? '',
  );
}

async function bringPnpm() {
  const name = `@pnpm/exe.${process.platform}-${process.arch}${isMusl() ? '-musl' : ''}`;
  const { code, output } = await install(name, PNPM_VERSION);
  if (code !== 0) throw explainFailure(`pnpm ${PNPM_VERSION} could not be brought.`, output);
  link(join(folder, 'node_modules', name, 'pnpm'), pnpmPath);
}

/** @param {string} name @param {string} version */
function install(name, version) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const alone = ['--ignore-scripts', '--no-package-lock', '--save', '--save-exact'];
  return runNpm(['install', ...quiet, ...alone, `${name}@${version}`], folder);
}

/** The package that holds the binary; named by the `node` package's own installer. Null: there is none. */
function nodePackage() {
  if (isMusl()) return null;
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  return `${prefix}-${process.platform}-${process.arch}`;
}

function isMusl() {
  if (process.platform !== 'linux') return false;
  const report = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return report.header.glibcVersionRuntime === undefined;
}

/** @param {string} target @param {string} path */
function link(target, path) {
  mkdirSync(dirname(path), { recursive: true });
  rmSync(path, { force: true });
  symlinkSync(target, path);
}
