import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { toolsFolder } from './places.mjs';
import { runProgram } from './run-program.mjs';
import { explainFailure } from './set-up-error.mjs';
import { hashInputs } from './stamps.mjs';

/** The settings that decide whether a registry can be reached at all. */
const CARRIED_KEYS = /** @type {const} */ (['registry', 'cafile', 'proxy', 'https-proxy', 'noproxy', 'strict-ssl']);

/**
 * What of npm's inherited environment may reach an npm of ours. The rest (prefix, workspaces, omit, dry-run …) was
 * meant for the outer npm, and would send ours elsewhere.
 */
const KEPT_FOR_NPM =
  /^npm_config_(registry|ca|cafile|cert|key|proxy|https_proxy|noproxy|strict_ssl|userconfig|globalconfig|cache|fetch_\w+|maxsockets|_\w+|\/\/.*|@.*)$/i;

/**
 * The registry, proxy and certificate settings of the host's npm, as environment variables for programs that do not
 * see its configuration: npm finds its global file next to the Node it runs on, so the pinned Node, pnpm and the
 * builds would miss what an administrator wrote there. Both spellings are set, npm's and pnpm's.
 *
 * npm takes half a second to say it, so the answer is kept until a configuration file or the environment changes.
 *
 * @returns {Promise<Record<string, string>>}
 */
export async function readPackageSettings() {
  const file = join(toolsFolder, 'package-settings.json');
  const kept = readKept(file);
  if (kept !== null && kept.key === keyOf(kept.files)) return kept.environment;
  const { environment, files } = await askNpm();
  mkdirSync(toolsFolder, { recursive: true });
  writeFileSync(file, JSON.stringify({ key: keyOf(files), files, environment }), { mode: 0o600 }); // a proxy URL may hold a password
  return environment;
}

/**
 * Runs the host's npm with an environment as a person's shell would have it.
 *
 * @param {readonly string[]} args
 * @param {string} cwd
 */
export function runNpm(args, cwd) {
  const cli = npmCliFile();
  const options = { cwd, env: npmEnvironment() };
  return cli === null ? runProgram('npm', args, options) : runProgram(process.execPath, [cli, ...args], options);
}

/** npm, npx and pnpm all set npm_execpath; only npm's own program is what we want. */
function npmCliFile() {
  const file = process.env.npm_execpath;
  if (file === undefined) return null;
  if (basename(file) === 'npm-cli.js') return file;
  return basename(file) === 'npx-cli.js' ? join(dirname(file), 'npm-cli.js') : null;
}

function npmEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name) || KEPT_FOR_NPM.test(name)),
  );
}

async function askNpm() {
  const { code, output, stdout } = await runNpm(['config', 'ls', '--json'], toolsParent());
  if (code !== 0) throw explainFailure('npm did not tell its configuration.', output);
  const config = JSON.parse(stdout);
  const environment = { ...certificateVariables(config) };
  for (const key of CARRIED_KEYS) {
    const value = String(config[key] ?? ''); // noproxy is a list, which npm reads with commas
    if (value === '') continue;
    const name = key.replaceAll('-', '_');
    Object.assign(environment, { [`npm_config_${name}`]: value, [`pnpm_config_${name}`]: value });
  }
  return { environment, files: [String(config.userconfig), String(config.globalconfig)] };
}

/** Node itself must trust what npm trusts: downloads of ours and programs in builds use neither npm nor pnpm. */
function certificateVariables(/** @type {Record<string, unknown>} */ config) {
  if (process.env.NODE_EXTRA_CA_CERTS !== undefined || typeof config.cafile !== 'string') return {};
  return { NODE_EXTRA_CA_CERTS: config.cafile };
}

/** npm must not take the settings of a project for the person's own, so it is asked outside the repository's. */
function toolsParent() {
  mkdirSync(toolsFolder, { recursive: true });
  return toolsFolder;
}

/** @param {readonly string[]} files */
function keyOf(files) {
  const environment = Object.entries(npmEnvironment()).filter(([name]) =>
    /^(npm_|NODE_EXTRA_CA|HOME$)|proxy$/i.test(name),
  );
  const times = files.map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return hashInputs('/', [], [process.execPath, JSON.stringify(environment.sort()), JSON.stringify(times)]);
}

/** @param {string} file @returns {{ key: string, files: string[], environment: Record<string, string> } | null} */
function readKept(file) {
  try {
    const kept = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(kept.files) && typeof kept.environment === 'object' ? kept : null;
  } catch {
    return null; // not asked yet
  }
}
