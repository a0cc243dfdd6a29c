import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { InvalidFileName, listFiles } from '../archive/pack-folder.ts';
import { StepFailed } from './step-failure.ts';

/** What a build made, still inside the workspace. */
export interface BuildOutput {
  readonly directory: string;
  readonly files: number;
  readonly sizeBytes: number;
  /** True when unknown paths should get `index.html`: there is no other page. */
  readonly spa: boolean;
  /** Paths that are not served: what is no file of the output itself, but leads somewhere else. */
  readonly leftOut: readonly string[];
}

/** Where build tools put their output when nobody says otherwise, most common first. */
const usualDirectories = ['dist', 'build', 'out', 'public', '_site', 'www', '.output/public'];

/**
 * Finds the output of a build: the website's setting, what Vite said it wrote, or a usual folder with an index.html.
 * Throws `StepFailed` when there is none.
 */
export const findOutput = async ({
  projectDirectory,
  setting,
  lines,
}: {
  readonly projectDirectory: string;
  readonly setting: string | null;
  /** What the build printed. */
  readonly lines: readonly string[];
}): Promise<BuildOutput> => {
  if (setting !== null) return measureSetting(projectDirectory, setting);
  const announced = announcedDirectory(lines);
  for (const candidate of announced === null ? usualDirectories : [announced, ...usualDirectories]) {
    const directory = await containedDirectory(projectDirectory, candidate);
    if (directory !== null && (await isFile(resolve(directory, 'index.html')))) return measureOutput(directory);
  }
  throw outputMissing(
    `The build ended well, but no folder with an index.html was found (${usualDirectories.join(', ')}).`,
  );
};

const measureSetting = async (projectDirectory: string, setting: string): Promise<BuildOutput> => {
  const directory = await containedDirectory(projectDirectory, setting);
  if (directory === null) throw outputMissing(`The build did not make the folder ${setting} that the settings name.`);
  if ((await readdir(directory)).length === 0) throw outputMissing(`The folder ${setting} is empty after the build.`);
  if (!(await isFile(resolve(directory, 'index.html')))) {
    throw outputMissing(`The folder ${setting} holds no index.html after the build.`);
  }
  return measureOutput(directory);
};

const outputMissing = (message: string): StepFailed =>
  new StepFailed({
    code: 'output-missing',
    message,
    hint: 'Set the output folder of the website to the folder that the build writes, the one with index.html in it.',
    retryable: false,
  });

/** Vite lists what it wrote: `dist/index.html   0.45 kB │ gzip: 0.29 kB`. */
const announcedDirectory = (lines: readonly string[]): string | null => {
  for (const line of lines.toReversed()) {
    const found = /^(\S.*\/)index\.html\s+[\d.,]+ k?B/.exec(line);
    if (found?.[1] !== undefined) return found[1];
  }
  return null;
};

/** Null for what is no folder, or lies outside the project. */
const containedDirectory = async (projectDirectory: string, path: string): Promise<string | null> => {
  const directory = resolve(projectDirectory, path);
  const inside = relative(projectDirectory, directory);
  if (isAbsolute(path) || inside.startsWith('..')) return null;
  const info = await stat(directory).catch(() => null);
  if (info?.isDirectory() !== true) return null;
  // A build can make a link of any name to any folder that it can see.
  const leadsOut = relative(await realpath(projectDirectory), await realpath(directory)).startsWith('..');
  return leadsOut ? null : directory;
};

export const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

export const measureOutput = async (directory: string): Promise<BuildOutput> => {
  const { files, skipped } = await listFiles(directory, { onlyOwnFiles: true }).catch(refuseInvalidName);
  if (!files.some(({ path }) => path === 'index.html')) {
    throw outputMissing('The index.html of the output is no file of its own, but leads out of the output.');
  }
  const pages = files.filter(({ path }) => path.endsWith('.html'));
  return {
    directory,
    files: files.length,
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    spa: pages.length === 1 && pages[0]?.path === 'index.html',
    leftOut: skipped,
  };
};

const refuseInvalidName = (error: unknown): never => {
  if (!(error instanceof InvalidFileName)) throw error;
  throw new StepFailed({
    code: 'output-name-invalid',
    message: `The output cannot be served: ${error.message}`,
    hint: 'Let the build write only file names in UTF-8.',
    retryable: false,
  });
};
