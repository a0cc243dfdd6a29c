import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJsonc } from '../project/jsonc.ts';
import { packageBinary } from '../project/package-binary.ts';
import { dependsOn, type PackageJson } from '../project/package-json.ts';
import type { Project } from '../project/read-project.ts';
import type { Program } from '../tools/toolchain.ts';
import { annotate } from './annotations.ts';
import { StepFailed } from './step-failure.ts';
import type { CommandOutput, StepRunner } from './step-runner.ts';
import { parseTypeErrors } from './type-errors.ts';

export type TypecheckOutcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'done'; readonly detail: string };

/**
 * Checks the project's types with its own compiler, never with one from elsewhere. Each project reference is checked
 * by itself, because `tsc --noEmit` on a tsconfig of references only checks nothing. Throws `StepFailed`.
 */
export const typecheck = async ({
  project,
  runner,
}: {
  readonly project: Project;
  readonly runner: StepRunner;
}): Promise<TypecheckOutcome> => {
  if (project.manifest === null) return { kind: 'skipped', reason: 'A plain website has no types to check.' };
  if (!project.entries.has('tsconfig.json')) return { kind: 'skipped', reason: 'The project has no tsconfig.json.' };
  const checkers = await findCheckers(project.directory, project.manifest);
  if (!checkers.ok) return { kind: 'skipped', reason: checkers.reason };

  const configs = await checkedConfigs(project.directory);
  const outputs: CommandOutput[] = [];
  for (const config of configs) {
    const program = await checkers.programFor(config);
    runner.notice(`Checking ${config}`);
    outputs.push(await runner.run(program, { cwd: project.directory }));
  }
  if (outputs.some(needsBuildMode)) {
    runner.notice('The projects refer to each other, so they are checked together in build mode.');
    outputs.splice(
      0,
      outputs.length,
      await runner.run([...checkers.compiler, '-b', '--pretty'], { cwd: project.directory }),
    );
  }
  const failed = outputs.filter(({ exitCode }) => exitCode !== 0);
  if (failed.length === 0) return { kind: 'done', detail: checkers.name };
  const problems = failed.flatMap(({ lines }) => parseTypeErrors(lines));
  throw await typeErrors(problems, project.directory);
};

const typeErrors = async (problems: ReturnType<typeof parseTypeErrors>, directory: string): Promise<StepFailed> => {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) {
    return new StepFailed({
      code: 'typecheck-failed',
      message: 'The type checker failed without naming an error.',
      hint: 'The log shows what it printed.',
      retryable: false,
    });
  }
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  const place = first.line === null ? '' : `${first.file}:${first.line}: `;
  return new StepFailed(
    {
      code: 'type-errors',
      message: `Type errors: ${place}${first.message}${more}`,
      hint: 'Run the same check on your machine ("npx tsc -b", "npx vue-tsc -b" or "npx svelte-check") and fix what it lists.',
      retryable: false,
    },
    await annotate(problems, directory),
  );
};

type Checkers =
  | { readonly ok: false; readonly reason: string }
  | {
      readonly ok: true;
      readonly name: string;
      readonly compiler: Program;
      programFor(config: string): Promise<Program>;
    };

const findCheckers = async (directory: string, manifest: PackageJson): Promise<Checkers> => {
  const tsc = await packageBinary(directory, 'typescript', 'tsc');
  if (tsc === null) return { ok: false, reason: 'TypeScript is not among the dependencies of the project.' };
  const checkWith = (compiler: Program) => async (config: string) =>
    [...compiler, '-p', config, '--noEmit', '--pretty'] as const;

  if (dependsOn(manifest, 'vue')) {
    const vueTsc = await packageBinary(directory, 'vue-tsc', 'vue-tsc');
    if (vueTsc === null)
      return { ok: false, reason: 'Only vue-tsc reads .vue files, and it is not among the dependencies.' };
    return { ok: true, name: 'vue-tsc', compiler: vueTsc, programFor: checkWith(vueTsc) };
  }
  if (dependsOn(manifest, 'svelte')) {
    const svelteCheck = await packageBinary(directory, 'svelte-check', 'svelte-check');
    if (svelteCheck === null) {
      return { ok: false, reason: 'Only svelte-check reads .svelte files, and it is not among the dependencies.' };
    }
    const programFor = async (config: string): Promise<Program> => {
      const isForSvelte = /svelte/.test(await readFile(join(directory, config), 'utf8').catch(() => ''));
      return isForSvelte ? [...svelteCheck, '--tsconfig', `./${config}`] : checkWith(tsc)(config);
    };
    return { ok: true, name: 'svelte-check', compiler: tsc, programFor };
  }
  return { ok: true, name: 'tsc', compiler: tsc, programFor: checkWith(tsc) };
};

const TsConfig = z.object({
  files: z.array(z.string()).optional(),
  include: z.array(z.string()).optional(),
  references: z.array(z.object({ path: z.string() })).default([]),
});

/** The configs that check something: `tsconfig.json`, or what it refers to when it has no files of its own. */
const checkedConfigs = async (directory: string): Promise<readonly string[]> => {
  const text = await readFile(join(directory, 'tsconfig.json'), 'utf8');
  const config = TsConfig.safeParse(parseJsonc(text));
  // What cannot be read is left to the compiler, which says precisely what is wrong with it.
  if (!config.success) return ['tsconfig.json'];
  const { files, include, references } = config.data;
  const referred = references
    .map(({ path }) => join(path))
    .map((path) => (path.endsWith('.json') ? path : join(path, 'tsconfig.json')));
  const hasOwnFiles = include !== undefined || (files !== undefined ? files.length > 0 : references.length === 0);
  return hasOwnFiles ? ['tsconfig.json', ...referred] : referred;
};

/** TS6305, TS6306 and TS6310: a reference needs the output of another one. */
const needsBuildMode = ({ lines }: CommandOutput): boolean => lines.some((line) => /\bTS63(?:05|06|10)\b/.test(line));
