import type { BuildSettings } from '@yardmaster/domain';
import { packageBinary } from '../project/package-binary.ts';
import type { Project } from '../project/read-project.ts';
import type { Program } from '../tools/toolchain.ts';
import { annotate } from './annotations.ts';
import { parseBuildErrors } from './build-errors.ts';
import type { Installed } from './install.ts';
import { explainMissingNativePackage } from './install-failures.ts';
import { type BuildOutput, findOutput } from './output-directory.ts';
import { hasPages, staticOutput } from './static-website.ts';
import { StepFailed } from './step-failure.ts';
import type { StepRunner } from './step-runner.ts';

export type BundleOutcome =
  | { readonly kind: 'skipped'; readonly reason: string; readonly output: BuildOutput }
  | { readonly kind: 'done'; readonly detail: string; readonly output: BuildOutput };

interface BundleOptions {
  readonly project: Project;
  readonly settings: BuildSettings;
  readonly installed: Installed | null;
  readonly runner: StepRunner;
}

/** Builds the website, or takes it as it is when there is nothing to build. Throws `StepFailed`. */
export const bundle = async (options: BundleOptions): Promise<BundleOutcome> => {
  const { project, settings, runner } = options;
  const plan = await planBundle(options);
  if (plan.kind === 'static') {
    const output = await staticOutput(project, settings.outputDirectory);
    noteLeftOut(output, runner);
    return { kind: 'skipped', reason: plan.reason, output };
  }
  runner.notice(`Running ${plan.shown}`);
  const result = await runner.run(plan.program, { cwd: project.directory });
  if (result.exitCode !== 0) throw await bundleFailed(result.lines, result.exitCode, project.directory);
  const output = await findOutput({
    projectDirectory: project.directory,
    setting: settings.outputDirectory,
    lines: result.lines,
  });
  noteLeftOut(output, runner);
  return { kind: 'done', detail: plan.shown, output };
};

/** Names of left out files that the log shows. */
const shownLeftOut = 20;

const noteLeftOut = ({ leftOut }: BuildOutput, runner: StepRunner): void => {
  if (leftOut.length === 0) return;
  const shown = leftOut.slice(0, shownLeftOut).map((path) => JSON.stringify(path).slice(0, 300));
  const more = leftOut.length > shownLeftOut ? ` and ${leftOut.length - shownLeftOut} more` : '';
  runner.notice(`Left out, because they are links that lead out of the output or no files: ${shown.join(', ')}${more}`);
};

type BundlePlan =
  | { readonly kind: 'static'; readonly reason: string }
  | { readonly kind: 'run'; readonly program: Program; readonly shown: string };

const planBundle = async ({ project, settings, installed }: BundleOptions): Promise<BundlePlan> => {
  if (settings.buildCommand !== null) return shellCommand(settings.buildCommand);
  if (!project.hasPackageJson) return { kind: 'static', reason: 'A plain website is served as it is.' };
  const scripts = project.manifest?.scripts ?? {};
  const vite = await packageBinary(project.directory, 'vite', 'vite');
  const script = scripts.build;
  if (vite !== null && (script === undefined || isPlainViteBuild(scripts))) {
    // The preview has an origin of its own, so a base meant for a sub-folder of another host would break it.
    return { kind: 'run', program: [...vite, 'build', '--base=/'], shown: 'vite build' };
  }
  if (script !== undefined && installed !== null) {
    const name = installed.manager.replace(/-.*/, '');
    return { kind: 'run', program: [...installed.program, 'run', 'build'], shown: `${name} run build (${script})` };
  }
  if (await hasPages(project))
    return { kind: 'static', reason: 'There is no build script: the website is served as it is.' };
  throw new StepFailed({
    code: 'nothing-to-build',
    message: 'The package.json has no "build" script, Vite is not installed, and there is no index.html to serve.',
    hint: 'Add a "build" script to package.json, or set the build command of the website.',
    retryable: false,
  });
};

const shellCommand = (command: string): BundlePlan => ({
  kind: 'run',
  // Commands such as "vite build" expect the project's programs on the path, as in a package.json script.
  program: ['/bin/sh', '-c', 'PATH="$PWD/node_modules/.bin:$PATH"; eval "$1"', 'sh', command],
  shown: command,
});

/**
 * True for the build scripts that create-vite and create-vue write: a type check, which has been done by now, and
 * `vite build`. Running Vite directly saves the package manager's start; any other script is run as it is.
 */
export const isPlainViteBuild = (scripts: Readonly<Record<string, string>>): boolean => {
  const script = scripts.build ?? '';
  if (Object.hasOwn(scripts, 'prebuild') || Object.hasOwn(scripts, 'postbuild')) return false;
  if (/^run-p type-check "build-only \{@\}" --$/.test(script)) return scripts['build-only'] === 'vite build';
  const parts = script.split('&&').map((part) => part.trim());
  const checks = parts.slice(0, -1);
  return (
    parts.at(-1) === 'vite build' && checks.every((part) => /^(?:vue-)?tsc(?: (?:-b|--build|--noEmit))*$/.test(part))
  );
};

const bundleFailed = async (
  lines: readonly string[],
  exitCode: number | null,
  directory: string,
): Promise<StepFailed> => {
  const nativeMissing = explainMissingNativePackage(lines);
  if (nativeMissing !== null) return new StepFailed(nativeMissing);
  const problems = parseBuildErrors(lines);
  const [first] = problems;
  const place =
    first === undefined
      ? ''
      : `${first.file.replace(`${directory}/`, '')}${first.line === null ? '' : `:${first.line}`}: `;
  return new StepFailed(
    {
      code: exitCode === 127 ? 'command-not-found' : 'build-failed',
      message: first === undefined ? lastWords(lines, exitCode) : `The build failed: ${place}${first.message}`,
      hint: 'The log shows everything that the build printed. Run the same build on your machine to look closer.',
      retryable: false,
    },
    await annotate(problems, directory),
  );
};

const lastWords = (lines: readonly string[], exitCode: number | null): string => {
  const telling =
    lines.find((line) => /\b(?:error|not found|failed)\b/i.test(line)) ?? lines.findLast((line) => line.trim() !== '');
  return `The build ended with exit code ${exitCode ?? 'unknown'}${telling === undefined ? '.' : `: ${telling.trim().slice(0, 500)}`}`;
};
