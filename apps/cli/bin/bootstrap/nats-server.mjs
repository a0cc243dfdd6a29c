import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage } from './debian-package.mjs';
import { toolsBinFolder, toolsFolder } from './places.mjs';
import { findOnPath, runProgram } from './run-program.mjs';
import { SetUpError } from './set-up-error.mjs';

/** JetStream as we use it is in every server from here on. */
const MIN_VERSION = /** @type {const} */ ([2, 9]);

/** The official release that is brought where no package manager has one. */
const RELEASE = '2.12.4';
const RELEASE_URL = `https://github.com/nats-io/nats-server/releases/download/v${RELEASE}`;
const DOWNLOAD_TIMEOUT_MS = 300_000;

const ownPath = join(toolsBinFolder, 'nats-server');

/** True when a server that is new enough was found or brought before and is still there. */
export function hasNatsServer() {
  return existsSync(ownPath);
}

/**
 * Finds or brings nats-server and links it into the tool folder. In order: the PATH, Debian's package (unpacked here,
 * not installed), Homebrew, the official release with its published checksum.
 */
export async function bringNatsServer() {
  const tried = [];
  for (const [source, bring] of sources) {
    try {
      const file = await bring();
      if (file !== null && (await isNewEnough(file))) return linkOwn(file);
      if (file !== null) tried.push(`${source}: older than ${MIN_VERSION.join('.')}`);
    } catch (error) {
      tried.push(`${source}: ${error instanceof Error ? error.message : error}`);
    }
  }
  throw new SetUpError(
    `nats-server could not be brought. Install version ${MIN_VERSION.join('.')} or newer so that it is on your PATH (https://docs.nats.io/running-a-nats-service/introduction/installation), or set NATS_URL to a server that runs, then run the same command again.\n${tried.map((line) => `  tried ${line}`).join('\n')}`,
  );
}

/** @type {readonly (readonly [string, () => Promise<string | null>])[]} */
const sources = [
  ['PATH', async () => findOnPath('nats-server', `${process.env.PATH}:/usr/local/sbin:/usr/sbin`)],
  ['apt', () => debianPackage('nats-server', 'usr/sbin/nats-server')],
  ['brew', fromHomebrew],
  ['the official release', fromRelease],
];

async function fromHomebrew() {
  const brew = findOnPath('brew');
  if (brew === null) return null;
  const { code, output } = await runProgram(brew, ['install', 'nats-server']);
  if (code !== 0) throw new Error(lastLine(output));
  const prefix = await runProgram(brew, ['--prefix', 'nats-server']);
  return join(prefix.stdout.trim(), 'bin', 'nats-server');
}

async function fromRelease() {
  const name = `nats-server-v${RELEASE}-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const sums = (await download('SHA256SUMS')).toString('utf8');
  const archive = await download(`${name}.tar.gz`);
  const digest = createHash('sha256').update(archive).digest('hex');
  if (!sums.split('\n').some((line) => line.startsWith(digest) && line.trimEnd().endsWith(`${name}.tar.gz`))) {
    throw new Error(`the checksum of ${name}.tar.gz is not the published one`);
  }
  const folder = join(toolsFolder, 'nats-server');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'archive.tar.gz'), archive);
  const { code, output } = await runProgram('tar', ['-xzf', 'archive.tar.gz'], { cwd: folder });
  if (code !== 0) throw new Error(lastLine(output));
  rmSync(join(folder, 'archive.tar.gz'));
  const unpacked = readdirSync(folder)[0];
  return unpacked === undefined ? null : join(folder, unpacked, 'nats-server');
}

/** By curl where there is one, since it heeds proxy settings; Node 20's own fetch does not. @param {string} file */
async function download(file) {
  const url = `${RELEASE_URL}/${file}`;
  const curl = findOnPath('curl');
  if (curl === null) {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
  return downloadWithCurl(curl, url);
}

/** @param {string} curl @param {string} url */
async function downloadWithCurl(curl, url) {
  const { mkdtemp, readFile, rm } = await import('node:fs/promises');
  const folder = await mkdtemp(join(toolsFolder, 'download-'));
  try {
    const target = join(folder, 'file');
    const limits = ['--max-time', String(DOWNLOAD_TIMEOUT_MS / 1000), '--connect-timeout', '10'];
    const { code, output } = await runProgram(curl, ['-fsSL', ...limits, '-o', target, url]);
    if (code !== 0) throw new Error(lastLine(output));
    return await readFile(target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} file */
async function isNewEnough(file) {
  const { stdout } = await runProgram(file, ['--version']);
  const [major = 0, minor = 0] = (/v?(\d+)\.(\d+)\./.exec(stdout) ?? []).slice(1).map(Number);
  return major > MIN_VERSION[0] || (major === MIN_VERSION[0] && minor >= MIN_VERSION[1]);
}

/** @param {string} file */
function linkOwn(file) {
  mkdirSync(toolsBinFolder, { recursive: true });
  rmSync(ownPath, { force: true });
  symlinkSync(file, ownPath);
}

/** @param {string} output */
function lastLine(output) {
  return output.trim().split('\n').at(-1) ?? '';
}
