import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { toolsFolder } from './places.mjs';
import { findOnPath, runProgram } from './run-program.mjs';

const aptFolder = join(toolsFolder, 'apt');

/**
 * Downloads a Debian package as an ordinary user and unpacks it into the tool folder: nothing is installed, no service
 * enabled, no root needed. When the system's package lists are missing or stale, lists of our own are fetched.
 *
 * @param {string} name
 * @param {string} binary path inside the package
 * @param {{ readonly mayFetchLists?: boolean }} [options]
 * @returns {Promise<string | null>} the binary; null where there is no apt
 */
export async function debianPackage(name, binary, { mayFetchLists = true } = {}) {
  if (findOnPath('apt-get') === null || findOnPath('dpkg-deb') === null) return null;
  const folder = join(toolsFolder, 'debian', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let downloaded = await aptGet(['download', name], folder);
  if (downloaded.code !== 0 && mayFetchLists) {
    await aptGet([...privateLists(), 'update'], folder);
    downloaded = await aptGet([...privateLists(), 'download', name], folder);
    rmSync(aptFolder, { recursive: true, force: true }); // a hundred megabytes, stale tomorrow
  }
  const archive = readdirSync(folder).find((file) => file.endsWith('.deb'));
  if (downloaded.code !== 0 || archive === undefined) throw new Error(lastError(downloaded.output));
  const unpacked = await runProgram('dpkg-deb', ['-x', archive, '.'], { cwd: folder });
  if (unpacked.code !== 0) throw new Error(lastError(unpacked.output));
  rmSync(join(folder, archive));
  return join(folder, binary);
}

/** @param {readonly string[]} args @param {string} cwd */
function aptGet(args, cwd) {
  // apt run by root drops to a user that may not write here, and says so; the package's signature is checked anyway.
  const sandbox = ['-o', 'APT::Sandbox::User='];
  return runProgram('apt-get', ['-q', ...sandbox, ...args], { cwd, env: { ...process.env, LC_ALL: 'C' } });
}

function privateLists() {
  const lists = join(aptFolder, 'lists');
  const cache = join(aptFolder, 'cache');
  mkdirSync(join(lists, 'partial'), { recursive: true });
  mkdirSync(join(cache, 'archives', 'partial'), { recursive: true });
  return ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`];
}

/** @param {string} output */
function lastError(output) {
  const lines = output.trim().split('\n');
  return lines.findLast((line) => line.startsWith('E:')) ?? lines.at(-1) ?? 'apt-get said nothing';
}
