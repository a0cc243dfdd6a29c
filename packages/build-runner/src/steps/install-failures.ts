import type { StepFailure } from './step-failure.ts';

interface KnownCause {
  readonly code: string;
  readonly pattern: RegExp;
  /** `found` is the match of `pattern`. */
  readonly message: (found: RegExpExecArray) => string;
  readonly hint: string;
  readonly retryable?: boolean;
}

const first = (found: RegExpExecArray): string => found.slice(1).find((group) => group !== undefined) ?? '';

/**
 * Known causes of failed installs, from what npm, pnpm, yarn and bun really print. The first that matches wins, so
 * causes that make others appear (a full disk, a dead registry) come first.
 */
const knownCauses: readonly KnownCause[] = [
  {
    code: 'disk-full',
    pattern: /ENOSPC|no space left on device/i,
    message: () => 'The disk of the worker is full.',
    hint: 'Nothing is wrong with the project. Free space on the worker and retry.',
    retryable: true,
  },
  {
    code: 'certificate-refused',
    pattern:
      /(?:request to|GET|Request URL:?) https?:\/\/([^/\s]+)[\s\S]*?(?:SELF_SIGNED_CERT_IN_CHAIN|self.signed certificate)|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:GET|VERIFY)|self.signed certificate|CERT_HAS_EXPIRED/,
    message: (found) => `The certificate of the registry${first(found) ? ` ${first(found)}` : ''} is not trusted.`,
    hint: 'Set NODE_EXTRA_CA_CERTS or npm_config_cafile for the worker to the certificate of your network.',
  },
  {
    code: 'registry-unreachable',
    pattern:
      /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) (\S+)|(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|ECONNABORTED|EHOSTUNREACH)[\s\S]*?https?:\/\/([^/\s:]+)|https?:\/\/([^/\s:]+)[^\n]*(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|timed? ?out|dns error|failed to lookup)|connect (?:ECONNREFUSED|ETIMEDOUT) (\S+)|There appears to be trouble with your network|ConnectionRefused|FailedToOpenSocket/i,
    message: (found) => `The package registry${first(found) ? ` ${first(found)}` : ''} could not be reached.`,
    hint: 'If the lockfile or .npmrc names a registry of its own, check that the worker can reach that host. Otherwise retry.',
    retryable: true,
  },
  {
    code: 'registry-failed',
    pattern: /\b(?:E50[0-4]|E429|ERR_PNPM_FETCH_(?:5\d\d|429))\b|Response Code: (?:5\d\d|429)|- (?:50[0-4]|429)\b/,
    message: () => 'The package registry answered with an error of its own.',
    hint: 'Nothing is wrong with the project. Retry in a few minutes.',
    retryable: true,
  },
  {
    code: 'package-json-invalid',
    pattern:
      /EJSONPARSE|ERR_PNPM_JSON_PARSE|Invalid package\.json|Failed to parse .*package\.json|package\.json: Unexpected/i,
    message: () => 'The package.json is not valid JSON.',
    hint: 'The log shows the place. Common causes are a comma too many and comments.',
  },
  {
    code: 'lockfile-outdated',
    pattern:
      /code EUSAGE|ERR_PNPM_OUTDATED_LOCKFILE|YN0028|Your lockfile needs to be updated|lockfile had changes, but lockfile is frozen/,
    message: () => 'The lockfile does not match the package.json.',
    hint: 'Run the install of your package manager on your machine once and upload the changed lockfile too.',
  },
  {
    code: 'lockfile-broken',
    pattern:
      /ERR_PNPM_BROKEN_LOCKFILE|ERR_PNPM_LOCKFILE_(?:BREAKING_CHANGE|MISSING_DEPENDENCY)|EINVALIDLOCKFILE|Invalid value type .* in .*yarn\.lock|failed to parse lockfile|YN0078/i,
    message: () => 'The lockfile cannot be read.',
    hint: 'It may hold merge conflict marks. Delete it, install again on your machine, and upload the new one.',
  },
  {
    code: 'workspace-package-outside',
    pattern:
      /EUNSUPPORTEDPROTOCOL[\s\S]*?Unsupported URL Type "(?:workspace|link|portal|catalog):|Cannot resolve package from workspace|ERR_PNPM_(?:WORKSPACE_PKG_NOT_FOUND|NO_MATCHING_VERSION_INSIDE_WORKSPACE|CATALOG_ENTRY_NOT_FOUND\w*)|Workspace not found|Workspace dependency "([^"]+)" not found|Couldn't find any versions for .* matches "workspace:/,
    message: (found) =>
      `The project depends on a package of its monorepo${first(found) ? ` (${first(found)})` : ''} that is not in the archive.`,
    hint: 'Upload the whole monorepo, or replace the "workspace:" dependency by a published version.',
  },
  {
    code: 'local-package-missing',
    pattern:
      /ENOENT[^\n]*\n(?:[^\n]*\n){0,4}?[^\n]*(?:file:|Could not read package\.json|open '([^']+package\.json)')|ERR_PNPM_LINKED_PKG_DIR_NOT_FOUND|refers to a non-existing file/,
    message: () => 'The project depends on a local folder or file that is not in the archive.',
    hint: 'Include what "file:" and "link:" dependencies point to, or replace them by published versions.',
  },
  {
    code: 'git-missing',
    pattern: /syscall spawn git|spawn git ENOENT|git: not found|`git` executable|Git binary/i,
    message: () => 'A dependency comes from a git repository, and this worker has no git.',
    hint: 'Replace the git dependency by a published version, or install git on the worker.',
  },
  {
    code: 'git-dependency-failed',
    pattern:
      /code 128[\s\S]*?(?:git|ssh)|An unknown git error occurred|Could not read from remote repository|could not read Username|git ls-remote|YN0066/i,
    message: () => 'A dependency from a git repository could not be fetched.',
    hint: 'The repository may be private or gone. Publish the package, or make the repository public.',
  },
  {
    code: 'peer-conflict',
    pattern: /ERESOLVE|ERR_PNPM_PEER_DEP_ISSUES/,
    message: () => 'Two dependencies need different versions of the same package.',
    hint: 'The log names them. Update the one that lags behind, or add legacy-peer-deps=true to the .npmrc of the project.',
  },
  {
    code: 'package-private',
    pattern:
      /code E401|code E403|ERR_PNPM_FETCH_40[13]|Response Code: 40[13]|YN0041|- 40[13]\b|Request failed \\?"40[13]/,
    message: () => 'The registry refused access to a package.',
    hint: 'The package is private. Give the project a .npmrc with a token from an environment variable, and set that variable.',
  },
  {
    code: 'package-not-found',
    pattern:
      /404\s+The requested resource '([^']+)'|Failed to resolve (\S+?)\n[\s\S]*?404|➤ YN0035: │ (\S+?): Package not found|Couldn't find package "([^"]+)"|error: (\S+) failed to resolve[\s\S]*?- 404|- 404[\s\S]*?error: (\S+) failed to resolve|code E404[\s\S]*?GET \S+\/(\S+)|ERR_PNPM_FETCH_404/,
    message: (found) => `The package ${first(found) || 'that the project asks for'} does not exist in the registry.`,
    hint: 'Check the spelling in package.json. A private package looks the same: it needs a token in .npmrc.',
  },
  {
    code: 'version-not-found',
    pattern:
      /No matching version found for (\S+?)\.?(?:\s|$)|No version matching "[^"]+" found for specifier "([^"]+)"|Couldn't find any versions for "([^"]+)"|YN0082: │ (\S+?): No candidates found|ETARGET/,
    message: (found) => `There is no published version for ${first(found) || 'a dependency'} that fits.`,
    hint: 'Check the version in package.json against the versions that exist in the registry.',
  },
  {
    code: 'engine-mismatch',
    pattern:
      /EBADENGINE[\s\S]*?Required:\s*(\{[^\n]+\})|ERR_PNPM_UNSUPPORTED_ENGINE|EBADENGINE|The engine "node" is incompatible/,
    message: (found) =>
      `A package asks for another Node version${first(found) ? `: ${first(found)}` : ''}. Builds run on Node ${process.versions.node}.`,
    hint: 'Widen "engines" in package.json, remove engine-strict from .npmrc, or update the package that asks for it.',
  },
  {
    code: 'package-manager-mismatch',
    pattern:
      /EBADDEVENGINES|This project(?:'s package\.json)? (?:is configured to use|defines "packageManager")|ERR_PNPM_BAD_PM_VERSION|Use "?(?:yarn|pnpm|npm|bun)"? (?:instead|for installation)/i,
    message: () => 'The project refuses the package manager that was chosen for it.',
    hint: 'Set the package manager in the settings of the website, or keep only the lockfile of the right one.',
  },
  {
    code: 'compiler-missing',
    pattern: /gyp ERR!|node-gyp rebuild|gyp: |YN0009[\s\S]*?gyp/,
    message: () => 'A dependency has to be compiled on the worker, and that failed.',
    hint: 'Update it to a version with ready-made binaries for this Node version, or give the worker python3, make and a C++ compiler.',
  },
  {
    code: 'platform-mismatch',
    pattern:
      /EBADPLATFORM|ERR_PNPM_UNSUPPORTED_PLATFORM|Unsupported platform for (\S+)|The platform "\w+" is incompatible/,
    message: (found) => `A dependency${first(found) ? ` (${first(found)})` : ''} does not run on this platform.`,
    hint: 'Move it to optionalDependencies, or make the lockfile again on this platform.',
  },
  {
    code: 'native-package-missing',
    pattern:
      /Cannot find (?:module|native binding)[^\n]*(?:@rollup\/rollup|@rolldown\/binding|@esbuild\/|lightningcss|@tailwindcss\/oxide|@swc\/core)|npm has a bug related to optional dependencies/,
    message: () => 'The lockfile leaves out a native package for this platform.',
    hint: 'It was written on another system. Delete the lockfile and node_modules, install again, and upload the new lockfile.',
  },
  {
    code: 'husky-failed',
    pattern:
      /husky: (?:not found|command not found)|> husky\b[\s\S]*?(?:\.git can't be found|not found)|husky - (?:\.git|not a Git)/,
    message: () => 'The "prepare" script runs husky, which needs a git repository.',
    hint: 'Change it to "husky || true": a build has no .git folder and needs no hooks.',
  },
  {
    code: 'install-script-failed',
    pattern:
      /npm error command failed|ERR_PNPM_RECURSIVE_RUN|ELIFECYCLE|YN0009|Command failed\.|install script from "([^"]+)" exited/,
    message: (found) => `The install script of ${first(found) || 'a package'} failed.`,
    hint: 'The log shows its output. Scripts that download programs often fail in a build: look for a variable that skips it.',
  },
];

/** Names the cause of a failed install from what the package manager printed (without colours). */
export const explainInstallFailure = (lines: readonly string[]): StepFailure => {
  const text = lines.join('\n');
  for (const cause of knownCauses) {
    const found = cause.pattern.exec(text);
    if (found === null) continue;
    return { code: cause.code, message: cause.message(found), hint: cause.hint, retryable: cause.retryable ?? false };
  }
  const lastWords = lines.filter((line) => /error|fail/i.test(line)).slice(0, 3);
  return {
    code: 'install-failed',
    message: `Installing the dependencies failed.${lastWords.length > 0 ? ` ${lastWords.join(' ')}` : ''}`,
    hint: 'The log shows what the package manager printed.',
    retryable: false,
  };
};

export const isOutdatedLockfile = (failure: StepFailure): boolean => failure.code === 'lockfile-outdated';
