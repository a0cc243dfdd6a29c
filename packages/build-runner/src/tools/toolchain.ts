import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { PackageManager } from '../project/package-manager.ts';

/** A program and the arguments that come before its own. */
export type Program = readonly [command: string, ...args: string[]];

const resolveHere = createRequire(import.meta.url);

const packageFile = (name: string, file: string): string =>
  join(dirname(resolveHere.resolve(`${name}/package.json`)), file);

/** Node itself, the one that runs this process: builds never look one up. */
export const nodeProgram: Program = [process.execPath];
export const npmProgram: Program = [process.execPath, packageFile('npm', 'bin/npm-cli.js')];
const npxProgram: Program = [process.execPath, packageFile('npm', 'bin/npx-cli.js')];
const yarnClassicProgram: Program = [process.execPath, packageFile('yarn-classic', 'bin/yarn.js')];
const yarnBerryProgram: Program = [process.execPath, packageFile('yarn-berry', 'bin/yarn.js')];

/**
 * pnpm is a native program. Its npm package would put it in place by an install script; here the package of this
 * platform is run directly, and `bin/pnpm.mjs` (which does the same, 40 ms slower) only where that cannot be found.
 */
const pnpmProgram = (): Program => {
  const wrapper = resolveHere.resolve('pnpm/package.json');
  const { platform, arch } = process;
  for (const libc of ['', '-musl']) {
    try {
      return [createRequire(wrapper).resolve(`@pnpm/exe.${platform}-${arch}${libc}/pnpm`)];
    } catch {
      // The package manager installs the one that fits this machine only.
    }
  }
  return [process.execPath, join(dirname(wrapper), 'bin/pnpm.mjs')];
};

/** The pinned program of a package manager. bun is fetched when it is first needed, so its path has to be given. */
export const managerProgram = (manager: PackageManager, bunPath: string | null): Program => {
  switch (manager) {
    case 'npm':
      return npmProgram;
    case 'pnpm':
      return pnpmProgram();
    case 'yarn-classic':
      return yarnClassicProgram;
    case 'yarn-berry':
      return yarnBerryProgram;
    case 'bun':
      if (bunPath === null) throw new Error('bun is needed and was not fetched');
      return [bunPath];
    default:
      return manager satisfies never;
  }
};

/** Fills the build's private bin folder, so that its scripts find these tools first and the host's never. */
export const writeToolShims = async ({
  directory,
  manager,
  bunPath,
}: {
  readonly directory: string;
  readonly manager: PackageManager;
  readonly bunPath: string | null;
}): Promise<void> => {
  await mkdir(directory, { recursive: true });
  const yarn = manager === 'yarn-berry' ? yarnBerryProgram : yarnClassicProgram;
  const shims: Readonly<Record<string, Program | null>> = {
    npm: npmProgram,
    npx: npxProgram,
    pnpm: pnpmProgram(),
    yarn,
    bun: bunPath === null ? null : [bunPath],
    bunx: bunPath === null ? null : [bunPath, 'x'],
  };
  await symlink(process.execPath, join(directory, 'node'));
  for (const [name, program] of Object.entries(shims)) {
    const file = join(directory, name);
    await writeFile(file, program === null ? missingShim(name) : shim(program));
    await chmod(file, 0o755);
  }
};

const shim = (program: Program): string => `#!/bin/sh\nexec ${program.map(quote).join(' ')} "$@"\n`;

const missingShim = (name: string): string =>
  `#!/bin/sh\necho "${name} is only there for projects with a bun lockfile or with bun set as package manager." >&2\nexit 127\n`;

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
