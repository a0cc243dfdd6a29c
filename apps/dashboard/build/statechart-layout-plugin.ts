import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Plugin } from 'vite';

const moduleId = 'virtual:statechart-layout';
const resolvedId = `\0${moduleId}`;
const run = promisify(execFile);
const timeoutMs = 60_000;

/**
 * Lays the build-job machine's chart out while the dashboard is built, so that the page draws it at once and the layout
 * can never be older than the machine: `virtual:statechart-layout` exports `layouts`. The layout engine stays out of
 * the page, which draws no machine but those it ships with.
 *
 * It runs in a process of its own, because a module that Node has loaded stays as it was, and in development the
 * machine changes.
 */
export function statechartLayout(): Plugin {
  const folder = import.meta.dirname;
  const sources = [folder, 'src/features/statechart', '../../packages/domain/src/build-job'].map((path) =>
    resolve(folder, '..', path),
  );
  return {
    name: 'yardmaster:statechart-layout',
    resolveId: (id) => (id === moduleId ? resolvedId : undefined),
    async load(id) {
      if (id !== resolvedId) return undefined;
      const script = resolve(folder, 'print-job-layouts.ts');
      const { stdout } = await run(process.execPath, [script], { timeout: timeoutMs, maxBuffer: 16_000_000 });
      return `export const layouts = JSON.parse(${JSON.stringify(stdout)});`;
    },
    hotUpdate({ file, modules }) {
      const module = this.environment.moduleGraph.getModuleById(resolvedId);
      if (module === undefined || !sources.some((folder) => file.startsWith(`${folder}/`))) return undefined;
      return [...modules, module];
    },
  };
}
