import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildSettings } from '@yardmaster/domain';
import { countDependencies } from '../project/package-json.ts';
import { choosePackageManager, type PackageManager, type PackageManagerChoice } from '../project/package-manager.ts';
import type { Project } from '../project/read-project.ts';
import { type BunFetch, fetchBun } from '../tools/bun.ts';
import { managerProgram, type Program, writeToolShims } from '../tools/toolchain.ts';
import { explainInstallFailure, isOutdatedLockfile } from './install-failures.ts';
import { StepFailed } from './step-failure.ts';
import type { StepRunner } from './step-runner.ts';

/** How the later steps call the project's package manager; null when there is nothing to install. */
export interface Installed {
  readonly program: Program;
  readonly manager: PackageManager;
}

export type InstallOutcome =
  | { readonly kind: 'skipped'; readonly reason: string; readonly installed: Installed | null }
  | { readonly kind: 'done'; readonly detail: string; readonly installed: Installed };

/** Installs with the package manager that the project was made with, held to its lockfile. Throws `StepFailed`. */
export const install = async ({
  project,
  settings,
  runner,
  binDirectory,
  toolsDirectory,
}: {
  readonly project: Project;
  readonly settings: BuildSettings;
  readonly runner: StepRunner;
  readonly binDirectory: string;
  readonly toolsDirectory: string;
}): Promise<InstallOutcome> => {
  if (!project.hasPackageJson) {
    return { kind: 'skipped', reason: 'A plain website has no dependencies.', installed: null };
  }
  const choice = choosePackageManager({
    lockfileHeads: project.lockfileHeads,
    packageManagerField: project.manifest?.packageManager ?? null,
    setting: settings.packageManager,
  });
  for (const notice of choice.notices) runner.notice(notice);
  const bunPath = choice.manager === 'bun' ? await provideBun(toolsDirectory, project, runner) : null;
  await writeToolShims({ directory: binDirectory, manager: choice.manager, bunPath });
  const installed = { program: managerProgram(choice.manager, bunPath), manager: choice.manager };
  if (hasNothingToInstall(project)) {
    return { kind: 'skipped', reason: 'The package.json names no dependencies.', installed };
  }
  if (project.entries.has('node_modules')) {
    runner.notice('The uploaded node_modules is left aside: dependencies are installed for this machine.');
    await rm(join(project.directory, 'node_modules'), { recursive: true, force: true });
  }
  await runInstall({ project, choice, program: installed.program, runner });
  return { kind: 'done', detail: describe(choice), installed };
};

const describe = ({ manager, lockfile }: PackageManagerChoice): string =>
  `${managerNames[manager]}${lockfile === null ? ', no lockfile' : ` from ${lockfile}`}`;

const managerNames: Readonly<Record<PackageManager, string>> = {
  npm: 'npm',
  pnpm: 'pnpm',
  'yarn-classic': 'yarn 1',
  'yarn-berry': 'yarn 4',
  bun: 'bun',
};

/** Workspaces and install scripts may need an install even when the package itself names no dependency. */
const hasNothingToInstall = ({ manifest }: Project): boolean =>
  manifest !== null &&
  countDependencies(manifest) === 0 &&
  manifest.workspaces === undefined &&
  !['preinstall', 'install', 'postinstall', 'prepare'].some((script) => Object.hasOwn(manifest.scripts, script));

const runInstall = async ({
  project,
  choice,
  program,
  runner,
}: {
  readonly project: Project;
  readonly choice: PackageManagerChoice;
  readonly program: Program;
  readonly runner: StepRunner;
}): Promise<void> => {
  const { manager, lockfile, unfrozenBecause } = choice;
  if (unfrozenBecause !== null) runner.notice(unfrozenBecause);
  if (manager === 'pnpm' && unfrozenBecause !== null) {
    // pnpm refuses a lockfile of an old format even when it may write a new one.
    await rename(join(project.directory, 'pnpm-lock.yaml'), join(project.directory, 'pnpm-lock.yaml.old'));
  }
  const attempt = async (frozen: boolean) => {
    const args = installArguments({ manager, frozen, entries: project.entries });
    runner.notice(`Running ${manager.replace(/-.*/, '')} ${args.join(' ')}`);
    // Package managers ask questions and redraw progress unless they know that nobody watches. Build tools are not
    // told: some treat warnings as errors then.
    return runner.run([...program, ...args], { cwd: project.directory, env: { CI: 'true' } });
  };

  const frozen = lockfile !== null && unfrozenBecause === null;
  const result = await attempt(frozen);
  if (result.exitCode === 0) return;
  const failure = explainInstallFailure(result.lines);
  // The other managers say precisely what differs, and a wrong guess there changes more than it does with npm.
  if (!(frozen && manager === 'npm' && isOutdatedLockfile(failure))) throw new StepFailed(failure);
  runner.notice(`${lockfile} does not match package.json. Installing without holding to it: versions may differ.`);
  const plain = await attempt(false);
  if (plain.exitCode !== 0) throw new StepFailed(explainInstallFailure(plain.lines));
};

const installArguments = ({
  manager,
  frozen,
  entries,
}: {
  readonly manager: PackageManager;
  readonly frozen: boolean;
  readonly entries: ReadonlySet<string>;
}): readonly string[] => {
  switch (manager) {
    case 'npm':
      return [frozen ? 'ci' : 'install', '--include=dev', '--no-audit', '--no-fund', '--no-progress'];
    case 'pnpm': {
      // A workspace file above the build folder belongs to somebody else.
      const alone = entries.has('pnpm-workspace.yaml') ? [] : ['--ignore-workspace'];
      return ['install', frozen ? '--frozen-lockfile' : '--no-frozen-lockfile', '--reporter=append-only', ...alone];
    }
    case 'yarn-classic':
      return [
        'install',
        ...(frozen ? ['--frozen-lockfile'] : []),
        '--non-interactive',
        '--no-progress',
        '--production=false',
      ];
    case 'yarn-berry':
      return ['install', frozen ? '--immutable' : '--no-immutable'];
    case 'bun':
      // Copies instead of hard links, for the same reason as with pnpm.
      return ['install', ...(frozen ? ['--frozen-lockfile'] : []), '--backend=copyfile', '--no-progress'];
    default:
      return manager satisfies never;
  }
};

const provideBun = async (toolsDirectory: string, project: Project, runner: StepRunner): Promise<string> => {
  const fetched = await fetchBun({
    toolsDirectory,
    run: async (program) => {
      runner.notice('Fetching bun, which this worker has not used before.');
      return (await runner.run(program, { cwd: project.directory, env: { CI: 'true' } })).exitCode === 0;
    },
  });
  if (fetched.ok) return fetched.path;
  throw new StepFailed(bunFailures[fetched.reason]);
};

const bunFailures: Readonly<Record<Exclude<BunFetch, { ok: true }>['reason'], StepFailed['failure']>> = {
  'unsupported-platform': {
    code: 'bun-unsupported',
    message: 'There is no bun for the platform of this worker.',
    hint: 'Set another package manager in the settings of the website.',
    retryable: false,
  },
  'fetch-failed': {
    code: 'bun-unavailable',
    message: 'bun could not be fetched from the package registry.',
    hint: 'The log shows why. Retry when the registry can be reached.',
    retryable: true,
  },
  'checksum-mismatch': {
    code: 'bun-unavailable',
    message: 'What the registry delivered as bun does not have the known checksum, and was thrown away.',
    hint: 'Tell whoever runs this instance: its package registry may be tampered with.',
    retryable: false,
  },
};
