import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../project/read-project.ts';
import { type BuildOutput, isFile, measureOutput } from './output-directory.ts';
import { StepFailed } from './step-failure.ts';

/** What an uploaded folder often holds and a website never shows: history, secrets and dependencies. */
const neverServed = /^(?:\.git|\.svn|\.hg|\.env.*|\.npmrc|\.yarnrc\.yml|node_modules)$/;

/**
 * The files of a website that needs no build: the folder with the index.html, at the top or in the only folder that
 * has one. What must not be shown is removed from the workspace's copy. Throws `StepFailed` with `nothing-to-serve`.
 */
export const staticOutput = async (project: Project, setting: string | null): Promise<BuildOutput> => {
  const directory = await findPages(project, setting);
  for (const name of await readdir(directory)) {
    if (neverServed.test(name)) await rm(join(directory, name), { recursive: true, force: true });
  }
  return measureOutput(directory);
};

export const hasPages = async (project: Project): Promise<boolean> => (await pageFolders(project)).length === 1;

const findPages = async (project: Project, setting: string | null): Promise<string> => {
  const folders = setting === null ? await pageFolders(project) : await chosenFolder(project, setting);
  const [only] = folders;
  if (folders.length === 1 && only !== undefined) return only;
  throw new StepFailed({
    code: 'nothing-to-serve',
    message:
      folders.length === 0
        ? 'There is no package.json to build and no index.html to serve.'
        : 'Several folders hold an index.html, and none lies at the top.',
    hint: 'Upload the folder that holds index.html, or name it as the output folder in the settings of the website.',
    retryable: false,
  });
};

const chosenFolder = async (project: Project, setting: string): Promise<readonly string[]> => {
  const segments = setting.split('/').filter((segment) => segment !== '' && segment !== '.');
  if (segments.includes('..')) return [];
  const directory = join(project.directory, ...segments);
  return (await isFile(join(directory, 'index.html'))) ? [directory] : [];
};

const pageFolders = async (project: Project): Promise<readonly string[]> => {
  if (project.entries.has('index.html')) return [project.directory];
  const folders: string[] = [];
  for (const name of project.entries) {
    const folder = join(project.directory, name);
    if (name !== 'node_modules' && (await isFile(join(folder, 'index.html')))) folders.push(folder);
  }
  return folders;
};
