import type { StepFailure } from './step-failure.ts';

interface KnownCause {
  readonly code: string;
  /** What shows that this is the cause. */
  readonly sign: RegExp;
  /** Where the culprit stands, tried in order; the first group of the first match is passed to `message`. */
  readonly culprit?: readonly RegExp[];
  readonly message: (culprit: string | null) => string;
  readonly hint: string;
  readonly retryable?: true;
}

const networkErrors =
  'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH';

/**
 * Known causes of failed installs, from what npm, pnpm, yarn and bun really print. The first whose sign is there
 * wins, so causes that make others appear (a full disk, a dead registry) come first.
 */
const knownCauses: readonly KnownCause[] = [
  {
    code: 'disk-full',
    sign: /ENOSPC|no space left on device/i,
    message: () => 'The disk of the worker is full.',
    hint: 'Nothing is wrong with the project. Free space on the worker and retry.',
    retryable: true,
  },
  {
    code: 'certificate-refused',
    sign: /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET|VERIFY)_|self.signed certificate|CERT_HAS_EXPIRED|UnknownIssuer/,
    culprit: [/https?:\/\/([^/\s:]+)/],
    message: (host) => `The certificate of the registry${host === null ? '' : ` ${host}`} is not trusted.`,
    hint: 'Set NODE_EXTRA_CA_CERTS or npm_config_cafile for the worker to the certificate of your network.',
  },
  {
    code: 'registry-unreachable',
    sign: new RegExp(
      `\\b(?:${networkErrors})\\b|trouble with your network|ConnectionRefused|FailedToOpenSocket|dns error|failed to lookup address|operation timed out`,
      'i',
    ),
    culprit: [/getaddrinfo \w+ ([^\s"']+)/, /https?:\/\/([^/\s:]+)/, /connect \w+ (\S+)/],
    message: (host) => `The package registry${host === null ? '' : ` ${host}`} could not be reached.`,
    hint: 'If the lockfile or .npmrc names a registry of its own, check that the worker can reach that host. Otherwise retry.',
    retryable: true,
  },
  {
    code: 'registry-failed',
    sign: /\b(?:E50[0-4]|E429|ERR_PNPM_FETCH_(?:5\d\d|429))\b|Response Code: (?:5\d\d|429)|- (?:50[0-4]|429)\b/,
    message: () => 'The package registry answered with an error of its own.',
    hint: 'Nothing is wrong with the project. Retry in a few minutes.',
    retryable: true,
  },
  {
    code: 'package-json-invalid',
    sign: /EJSONPARSE|ERR_PNPM_JSON_PARSE|Invalid package\.json|Failed to parse .*package\.json|package\.json: Unexpected/i,
    message: () => 'The package.json is not valid JSON.',
    hint: 'The log shows the place. Common causes are a comma too many and comments.',
  },
  {
    code: 'lockfile-outdated',
    sign: /code EUSAGE|ERR_PNPM_OUTDATED_LOCKFILE|YN0028|Your lockfile needs to be updated|lockfile is frozen/,
    message: () => 'The lockfile does not match the package.json.',
    hint: 'Run the install of your package manager on your machine once and upload the changed lockfile too.',
  },
  {
    code: 'lockfile-broken',
    sign: /ERR_PNPM_BROKEN_LOCKFILE|ERR_PNPM_LOCKFILE_\w+|Invalid value type .*yarn\.lock|Unknown token.*yarn\.lock|failed to parse lockfile|YN0078/i,
    message: () => 'The lockfile cannot be read.',
    hint: 'It may hold merge conflict marks. Delete it, install again on your machine, and upload the new one.',
  },
  {
    code: 'workspace-package-outside',
    sign: /Unsupported URL Type "(?:workspace|link|portal|catalog):|Cannot resolve package from workspace|ERR_PNPM_(?:WORKSPACE_PKG_NOT_FOUND|NO_MATCHING_VERSION_INSIDE_WORKSPACE|CATALOG_ENTRY_NOT_FOUND)|Workspace not found|Workspace dependency .* not found|matches "workspace:/,
    message: () => 'The project depends on a package of its monorepo that is not in the archive.',
    hint: 'Upload the whole monorepo, or replace the "workspace:" dependency by a published version.',
  },
  {
    code: 'local-package-missing',
    sign: /ERR_PNPM_LINKED_PKG_DIR_NOT_FOUND|refers to a non-existing file|ENOENT[^\n]*package\.json|Could not read package\.json|ENOENT[^\n]*\.tgz/,
    message: () => 'The project depends on a local folder or file that is not in the archive.',
    hint: 'Include what "file:" and "link:" dependencies point to, or replace them by published versions.',
  },
  {
    code: 'git-missing',
    sign: /spawn git|git: (?:command )?not found|`git` executable|Git binary/i,
    message: () => 'A dependency comes from a git repository, and this worker has no git.',
    hint: 'Replace the git dependency by a published version, or install git on the worker.',
  },
  {
    code: 'git-dependency-failed',
    sign: /An unknown git error occurred|Could not read from remote repository|could not read Username|git ls-remote|YN0066/i,
    message: () => 'A dependency from a git repository could not be fetched.',
    hint: 'The repository may be private or gone. Publish the package, or make the repository public.',
  },
  {
    code: 'peer-conflict',
    sign: /ERESOLVE|ERR_PNPM_PEER_DEP_ISSUES/,
    message: () => 'Two dependencies need different versions of the same package.',
    hint: 'The log names them. Update the one that lags behind, or add legacy-peer-deps=true to the .npmrc of the project.',
  },
  {
    code: 'package-private',
    sign: /code E40[13]|ERR_PNPM_FETCH_40[13]|Response Code: 40[13]|YN0041|- 40[13]\b|Request failed \\?"40[13]/,
    message: () => 'The registry refused access to a package.',
    hint: 'The package is private. Give the project a .npmrc with a token from an environment variable, and set that variable.',
  },
  {
    code: 'package-not-found',
    sign: /code E404|ERR_PNPM_FETCH_404|: Package not found|Couldn't find package "|- 404\b/,
    culprit: [
      /The requested resource '([^']+)'/,
      /Failed to resolve (?!dependency\b)(\S+)/,
      /│ (\S+): Package not found/,
      /Couldn't find package "([^"]+)"/,
      /error: (\S+) failed to resolve/,
    ],
    message: (name) => `The package ${name ?? 'that the project asks for'} does not exist in the registry.`,
    hint: 'Check the spelling in package.json. A private package looks the same: it needs a token in .npmrc.',
  },
  {
    code: 'version-not-found',
    sign: /ETARGET|ERR_PNPM_NO_MATCHING_VERSION|No version matching|Couldn't find any versions for|YN0082/,
    culprit: [
      /No matching version found for (\S+?)\.?\s/,
      /Failed to resolve (?!dependency\b)(\S+)/,
      /error: (\S+) failed to resolve/,
      /Couldn't find any versions for "([^"]+)"/,
      /│ (\S+): No candidates found/,
    ],
    message: (name) => `There is no published version for ${name ?? 'a dependency'} that fits.`,
    hint: 'Check the version in package.json against the versions that exist in the registry.',
  },
  {
    code: 'engine-mismatch',
    sign: /EBADENGINE|ERR_PNPM_UNSUPPORTED_ENGINE|The engine "node" is incompatible/,
    culprit: [/Required:\s*(\{[^\n]+\})/, /Expected version "([^"]+)"/],
    message: (range) =>
      `A package asks for another Node version${range === null ? '' : `: ${range}`}. Builds run on Node ${process.versions.node}.`,
    hint: 'Widen "engines" in package.json, remove engine-strict from .npmrc, or update the package that asks for it.',
  },
  {
    code: 'package-manager-mismatch',
    sign: /EBADDEVENGINES|ERR_PNPM_BAD_PM_VERSION|defines "packageManager"|is configured to use (?:npm|yarn|pnpm|bun)|Use "?(?:yarn|pnpm|npm|bun)"? (?:instead|for installation)/i,
    message: () => 'The project refuses the package manager that was chosen for it.',
    hint: 'Set the package manager in the settings of the website, or keep only the lockfile of the right one.',
  },
  {
    code: 'compiler-missing',
    sign: /gyp ERR!|node-gyp rebuild/,
    message: () => 'A dependency has to be compiled on the worker, and that failed.',
    hint: 'Update it to a version with ready-made binaries for this Node version, or give the worker python3, make and a C++ compiler.',
  },
  {
    code: 'platform-mismatch',
    sign: /EBADPLATFORM|ERR_PNPM_UNSUPPORTED_PLATFORM|The platform "\w+" is incompatible/,
    culprit: [/Unsupported platform for (\S+?):?\s/],
    message: (name) => `A dependency${name === null ? '' : ` (${name})`} does not run on this platform.`,
    hint: 'Move it to optionalDependencies, or make the lockfile again on this platform.',
  },
  {
    code: 'husky-failed',
    sign: /husky: (?:command )?not found|> husky\b[\s\S]{0,500}not found|\.git can't be found/,
    message: () => 'The "prepare" script runs husky, which needs a git repository.',
    hint: 'Change it to "husky || true": a build has no .git folder and needs no hooks.',
  },
  {
    code: 'install-script-failed',
    sign: /npm error command failed|ELIFECYCLE|YN0009|Command failed\.|install script from "[^"]+" exited/,
    culprit: [/npm error path \S*node_modules\/(\S+)/, /install script from "([^"]+)"/, /│ (\S+) couldn't be built/],
    message: (name) => `The install script of ${name ?? 'a package'} failed.`,
    hint: 'The log shows its output. Scripts that download programs often fail in a build: look for a variable that skips it.',
  },
];

/** Names the cause of a failed install from what the package manager printed (without colours). */
export const explainInstallFailure = (lines: readonly string[]): StepFailure => {
  const nativeMissing = explainMissingNativePackage(lines);
  if (nativeMissing !== null) return nativeMissing;
  const text = lines.join('\n');
  const cause = knownCauses.find(({ sign }) => sign.test(text));
  if (cause !== undefined) {
    const { code, hint, retryable = false } = cause;
    return { code, message: cause.message(findCulprit(text, cause.culprit ?? [])), hint, retryable };
  }
  const telling = lines.filter((line) => /error|fail/i.test(line)).slice(0, 3);
  return {
    code: 'install-failed',
    message: ['Installing the dependencies failed.', ...telling].join(' '),
    hint: 'The log shows what the package manager printed.',
    retryable: false,
  };
};

const findCulprit = (text: string, places: readonly RegExp[]): string | null => {
  for (const place of places) {
    const found = place.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  return null;
};

const nativePackages =
  /Cannot find (?:module|native binding).*(?:@rollup\/rollup-|@rolldown\/binding-|@esbuild\/|lightningcss|@tailwindcss\/oxide|@swc\/core-)/;

/** A lockfile from another platform installs well and shows its gap in an install script, or in the build itself. */
export const explainMissingNativePackage = (lines: readonly string[]): StepFailure | null =>
  lines.some((line) => nativePackages.test(line))
    ? {
        code: 'native-package-missing',
        message: 'The lockfile leaves out a native package that the project needs on this platform.',
        hint: 'It was written on another system. Delete the lockfile and node_modules, install again, and upload the new lockfile.',
        retryable: false,
      }
    : null;

export const isOutdatedLockfile = (failure: StepFailure): boolean => failure.code === 'lockfile-outdated';
