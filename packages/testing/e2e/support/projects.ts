import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { repositoryRoot } from './product.ts';
import { zip } from './zip.ts';

/** The sources of a website: paths and contents. */
export type Project = ReadonlyMap<string, Buffer | string>;

const createVite = join(repositoryRoot, 'node_modules', 'create-vite', 'index.js');

/** A fresh project in `folder`, made by create-vite as a person would. */
export function createViteProject(folder: string, template: string): Project {
  mkdirSync(dirname(folder), { recursive: true });
  const args = [createVite, relative(dirname(folder), folder), '--template', template, '--no-interactive'];
  execFileSync(process.execPath, args, { cwd: dirname(folder), stdio: 'pipe' });
  return readProject(folder);
}

export function readProject(folder: string): Project {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), readFileSync(path)] as const;
    }),
  );
}

export function writeProject(folder: string, project: Project): string {
  for (const [path, content] of project) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

/** The project with some files replaced or added. */
export const withFiles = (project: Project, files: Readonly<Record<string, string>>): Project =>
  new Map([...project, ...Object.entries(files)]);

/** The project with a changed package.json. */
export function withManifest(project: Project, change: (manifest: Manifest) => Manifest): Project {
  // Its own shape is npm's; what is changed is only ever added to.
  const manifest = JSON.parse(String(project.get('package.json') ?? '{}')) as Manifest;
  return withFiles(project, { 'package.json': JSON.stringify(change(manifest), null, 2) });
}

export interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export const zipOf = (project: Project): Buffer =>
  zip([...project].map(([path, content]) => ({ path, content: Buffer.from(content) })));

/** A website without a build: what is uploaded is what is served. */
export const plainWebsite = (text: string): Project =>
  new Map([
    ['index.html', `<!doctype html><link rel="stylesheet" href="/style.css"><h1>${text}</h1>`],
    ['style.css', 'h1 { color: teal }'],
  ]);

/**
 * A project without foreign dependencies whose install, type check and build each knock at a gate and go on when it
 * opens, so that a test can do what it likes in the middle of a step. Started during the install, `clinging` stays: a
 * process of a session of its own, that only a thorough end of the build reaches. `lines` are printed before and after
 * the gate of the build. Types are checked only where wanted, by a compiler that the project brings along.
 */
export function gatedProject({
  gate,
  lines = 0,
  typechecks = false,
}: {
  readonly gate: { readonly url: string };
  readonly lines?: number;
  readonly typechecks?: boolean;
}): Project {
  const project: Project = new Map([
    [
      'package.json',
      JSON.stringify({
        name: 'gated',
        private: true,
        type: 'module',
        scripts: { preinstall: 'node knock.mjs install', build: 'node build.mjs' },
      }),
    ],
    ['knock.mjs', knockProgram(gate.url)],
    [
      'build.mjs',
      `import { mkdirSync, writeFileSync } from 'node:fs';
import { knock } from './knock.mjs';
const say = (part) => { for (let n = 1; n <= ${lines}; n++) console.log(part + ' ' + n); };
say('before');
await knock('build');
say('after');
mkdirSync('dist', { recursive: true });
writeFileSync('dist/index.html', '<!doctype html><h1>through the gate</h1>');
`,
    ],
  ]);
  return typechecks ? withGatedCompiler(project) : project;
}

const withGatedCompiler = (project: Project): Project =>
  withFiles(
    withManifest(project, (manifest) => ({ ...manifest, dependencies: { typescript: 'file:./compiler' } })),
    {
      'tsconfig.json': '{}',
      'compiler/package.json': JSON.stringify({ name: 'typescript', version: '7.0.0', bin: { tsc: 'tsc.mjs' } }),
      'compiler/tsc.mjs': `#!/usr/bin/env node
process.argv[2] = 'typecheck'; // in place of a compiler's arguments
await import('../knock.mjs');
`,
    },
  );

/** Makes the install of a project knock at the gate first. */
export const gateInstall = (project: Project, gate: { readonly url: string }): Project =>
  withFiles(
    withManifest(project, (manifest) => ({
      ...manifest,
      scripts: { ...manifest.scripts, preinstall: 'node knock.mjs install' },
    })),
    { 'knock.mjs': knockProgram(gate.url) },
  );

/** Beside knocking it leaves a process behind that has left its group and its session. */
const knockProgram = (url: string): string => `import { spawn } from 'node:child_process';
import { get } from 'node:http';
export const knock = (step) =>
  new Promise((resolve, reject) => {
    get('${url}/' + step, (response) => response.resume().on('end', resolve)).on('error', reject);
  });
const [, , step] = process.argv;
if (step !== undefined) {
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', '${url}'], { detached: true, stdio: 'ignore' }).unref();
  await knock(step);
}
`;
