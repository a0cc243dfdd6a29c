import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createViteProject,
  type Project,
  plainWebsite,
  readProject,
  withFiles,
  withManifest,
  zipOf,
} from '../e2e/support/projects.ts';
import type { Random } from './random.ts';

/**
 * - `static`: no build; `script`: a build script without dependencies that takes its time; `vite`: a real bundler;
 * - `stray`: as a script, and leaves processes of sessions of their own behind that listen on ports;
 * - the others fail by their own fault, in the install, the type check and the build.
 */
export type ProjectKind = 'static' | 'script' | 'stray' | 'vite' | 'bad-install' | 'bad-types' | 'bad-build';

/** The step that a project fails in; null for one that is in order. */
export const failsIn = (kind: ProjectKind): string | null => failingSteps[kind] ?? null;
const failingSteps: Readonly<Partial<Record<ProjectKind, string>>> = {
  'bad-install': 'install',
  'bad-types': 'typecheck',
  'bad-build': 'bundle',
};

const MAX_BUILD_SECONDS = 4;

/** Makes archives; `mark` is on the page of each, so that nobody's output can be taken for another's. */
export type MakeArchive = (kind: ProjectKind, options: { readonly mark: string; readonly random: Random }) => Buffer;

/** `token` is on the command line of every stray process, so that they are found whatever they do to hide. */
export async function prepareProjects({
  folder,
  token,
  kinds,
}: {
  readonly folder: string;
  readonly token: string;
  readonly kinds: ReadonlySet<ProjectKind>;
}): Promise<MakeArchive> {
  const vite = kinds.has('vite') ? await lockedViteProject(join(folder, 'vite')) : null;
  return (kind, { mark, random }) => {
    const durationMs = random.between(0, MAX_BUILD_SECONDS * 1_000);
    switch (kind) {
      case 'static':
        return zipOf(plainWebsite(mark));
      case 'script':
        return zipOf(scripted({ mark, durationMs }));
      case 'stray':
        return zipOf(leavingStrays(scripted({ mark, durationMs }), token));
      case 'vite':
        if (vite === null) throw new Error('No project of this kind was announced.');
        return zipOf(
          withFiles(vite, { 'index.html': String(vite.get('index.html')).replace('<title>', `<title>${mark} `) }),
        );
      case 'bad-install':
        return zipOf(
          withManifest(scripted({ mark, durationMs }), (manifest) => ({
            ...manifest,
            scripts: { ...manifest.scripts, preinstall: 'node no-such-file.mjs' },
          })),
        );
      case 'bad-types':
        return zipOf(withRefusingCompiler(scripted({ mark, durationMs })));
      case 'bad-build':
        return zipOf(withFiles(scripted({ mark, durationMs }), { 'write-page.mjs': "throw new Error('no page');\n" }));
      default:
        return kind satisfies never;
    }
  };
}

/** Says something now and then, and at its end writes a real page. */
const scripted = ({ mark, durationMs }: { readonly mark: string; readonly durationMs: number }): Project =>
  new Map([
    [
      'package.json',
      JSON.stringify({ name: 'scripted', private: true, type: 'module', scripts: { build: 'node build.mjs' } }),
    ],
    [
      'build.mjs',
      `import { setTimeout as delay } from 'node:timers/promises';
for (let leftMs = ${durationMs}; leftMs > 0; leftMs -= 250) {
  console.log(leftMs + ' ms to go');
  await delay(Math.min(leftMs, 250));
}
await import('./write-page.mjs');
`,
    ],
    [
      'write-page.mjs',
      `import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('dist', { recursive: true });
writeFileSync('dist/index.html', '<!doctype html><h1>${mark}</h1>');
`,
    ],
  ]);

/** One stray is left by the install, one by the build; each listens, and would live for ever. */
const leavingStrays = (project: Project, token: string): Project =>
  withFiles(
    withManifest(project, (manifest) => ({
      ...manifest,
      scripts: { ...manifest.scripts, preinstall: 'node stray.mjs', prebuild: 'node stray.mjs' },
    })),
    {
      'stray.mjs': `import { spawn } from 'node:child_process';
const listen = "require('node:net').createServer().listen(0, '127.0.0.1')";
spawn('setsid', [process.execPath, '-e', listen, '${token}'], { detached: true, stdio: 'ignore' }).unref();
`,
    },
  );

/** A compiler that the project brings along, so that no registry is asked for one. */
const withRefusingCompiler = (project: Project): Project =>
  withFiles(
    withManifest(project, (manifest) => ({ ...manifest, dependencies: { typescript: 'file:./compiler' } })),
    {
      'tsconfig.json': '{}',
      'compiler/package.json': JSON.stringify({ name: 'typescript', version: '7.0.0', bin: { tsc: 'tsc.mjs' } }),
      'compiler/tsc.mjs': `#!/usr/bin/env node
console.log("main.ts(1,1): error TS2322: Type 'string' is not assignable to type 'number'.");
process.exitCode = 2;
`,
    },
  );

/** As create-vite makes it, with a lockfile. */
async function lockedViteProject(folder: string): Promise<Project> {
  createViteProject(folder, 'vanilla-ts');
  await promisify(execFile)('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
  });
  return readProject(folder);
}
