import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The folders of one build, all below the workspace that the caller made. */
export interface WorkspaceLayout {
  readonly source: string;
  readonly home: string;
  readonly tmp: string;
  readonly bin: string;
}

export const workspaceLayout = (workspace: string): WorkspaceLayout => ({
  source: join(workspace, 'source'),
  home: join(workspace, 'home'),
  tmp: join(workspace, 'tmp'),
  bin: join(workspace, 'bin'),
});

/** The variables that tell how to reach the registry and whom to trust: all that is carried over from the host. */
const carriedVariables = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'] as const;

/** npm's settings travel in the private npmrc instead, where a project's own `.npmrc` can still override them. */
const carriedNpmSettings = {
  npm_config_registry: 'registry',
  npm_config_cafile: 'cafile',
  npm_config_proxy: 'proxy',
  npm_config_https_proxy: 'https-proxy',
  npm_config_strict_ssl: 'strict-ssl',
} as const;

type Variables = Readonly<Record<string, string | undefined>>;

/** Dead hosts are given up on after one retry, so that the build names them instead of waiting for minutes. */
const networkSettings = {
  fetch_retries: '1',
  fetch_retry_mintimeout: '1000',
  fetch_retry_maxtimeout: '5000',
  fetch_timeout: '60000',
} as const;

const systemPath = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];

/**
 * Makes the build's private home and returns its environment: an allow-list, not the host's environment. Package
 * caches are shared by the builds of one worker; what keeps a poisoned entry out of another build there is only that
 * lockfiles hold checksums. Values are never logged.
 */
export const prepareEnvironment = async ({
  layout,
  host,
  extra,
  cacheDirectory,
}: {
  readonly layout: WorkspaceLayout;
  readonly host: Variables;
  /** Variables that the website's owner set. They win over everything but `HOME`, `PATH` and `TMPDIR`. */
  readonly extra: Readonly<Record<string, string>>;
  readonly cacheDirectory: string;
}): Promise<Readonly<Record<string, string>>> => {
  for (const folder of [layout.home, layout.tmp, cacheDirectory]) await mkdir(folder, { recursive: true });
  await writeFile(join(layout.home, '.npmrc'), npmrc(host), { mode: 0o600 });
  await writeFile(join(layout.home, '.yarnrc.yml'), yarnrc(host), { mode: 0o600 });
  const carried = carriedVariables.flatMap((name) => (host[name] === undefined ? [] : [[name, host[name]] as const]));
  return {
    ...Object.fromEntries(carried),
    LANG: 'C.UTF-8',
    FORCE_COLOR: '1',
    DO_NOT_TRACK: '1',
    ...npmVariables(layout, cacheDirectory),
    ...pnpmVariables(cacheDirectory),
    ...yarnVariables(cacheDirectory),
    BUN_INSTALL_CACHE_DIR: join(cacheDirectory, 'bun'),
    // Without these husky fails for want of a .git folder and git waits for a password that nobody types.
    HUSKY: '0',
    GIT_TERMINAL_PROMPT: '0',
    ...extra,
    HOME: layout.home,
    TMPDIR: layout.tmp,
    PATH: [layout.bin, ...systemPath].join(delimiter),
  };
};

const npmVariables = (layout: WorkspaceLayout, cacheDirectory: string): Record<string, string> => ({
  npm_config_userconfig: join(layout.home, '.npmrc'),
  npm_config_globalconfig: join(layout.home, '.npmrc-global'),
  npm_config_cache: join(cacheDirectory, 'npm'),
  ...prefixed('npm_config_', networkSettings),
});

const pnpmVariables = (cacheDirectory: string): Record<string, string> =>
  prefixed('pnpm_config_', {
    store_dir: join(cacheDirectory, 'pnpm'),
    // Hard links would let one build write into every other build's packages.
    package_import_method: 'clone-or-copy',
    // The pinned pnpm is used whatever the packageManager field says.
    pm_on_fail: 'ignore',
    strict_dep_builds: 'false',
    minimum_release_age: '0',
    fetch_retries: networkSettings.fetch_retries,
    fetch_timeout: networkSettings.fetch_timeout,
  });

const yarnVariables = (cacheDirectory: string): Record<string, string> => ({
  SKIP_YARN_COREPACK_CHECK: '1',
  YARN_CACHE_FOLDER: join(cacheDirectory, 'yarn'),
  YARN_GLOBAL_FOLDER: join(cacheDirectory, 'yarn-global'),
  YARN_ENABLE_GLOBAL_CACHE: 'true',
  YARN_ENABLE_TELEMETRY: 'false',
  YARN_ENABLE_HYPERLINKS: 'false',
  YARN_HTTP_RETRY: '1',
  // The pinned yarn is used whatever release the project carries, and Vite needs a node_modules folder.
  YARN_IGNORE_PATH: '1',
  YARN_NODE_LINKER: 'node-modules',
});

const prefixed = (prefix: string, settings: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [prefix + name, value]));

const npmrc = (host: Variables): string =>
  [
    ...Object.entries(carriedNpmSettings).flatMap(([variable, setting]) =>
      host[variable] === undefined ? [] : [`${setting}=${host[variable]}`],
    ),
    'audit=false',
    'fund=false',
    'progress=false',
    'update-notifier=false',
    '',
  ].join('\n');

/** yarn 2 and later read neither npm's settings nor Node's extra certificates. */
const yarnrc = (host: Variables): string => {
  const settings = {
    npmRegistryServer: host.npm_config_registry,
    httpsCaFilePath: host.npm_config_cafile ?? host.NODE_EXTRA_CA_CERTS ?? host.SSL_CERT_FILE,
    httpProxy: host.npm_config_proxy ?? host.HTTP_PROXY,
    httpsProxy: host.npm_config_https_proxy ?? host.HTTPS_PROXY,
    enableStrictSsl: host.npm_config_strict_ssl,
  };
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
    .join('');
};
