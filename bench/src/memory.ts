import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createApi, uploadBody } from './api.ts';
import { aimBelow, type Bench } from './bench.ts';
import { rounded } from './percentiles.ts';
import { memoryOf, type ProcessMemory, processTree } from './process-tree.ts';
import { writeReactProject, zipFolder } from './sample-projects.ts';
import { startProduct } from './started-product.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aimMb = 300;
const settleMs = 30_000;

/**
 * Resident memory of everything that `npm start` runs, npm included: when nothing has happened yet, and after a build has
 * ended. PSS counts a page that several processes share once. Beside it, as many Node processes that do nothing. It is a
 * second start, as every one but the first after a change is: the first one compiles, and keeps what that takes.
 */
export const memory: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  const archive = await zipFolder(await writeReactProject(join(folder.path, 'project')));
  const body = await uploadBody({ name: 'Project', priority: 5, archive, fileName: 'project.zip' });
  const dataDir = join(folder.path, 'data');
  await (await startProduct({ dataDir, signal }))[Symbol.asyncDispose]();
  await using product = await startProduct({ dataDir, signal });
  const settle = () => delay(quick ? settleMs / 6 : settleMs, undefined, { signal });

  await settle();
  const idle = memoryOfTree(product.pid);
  const api = createApi(product);
  await api.untilCompleted(await api.upload(body), signal);
  await settle();
  const afterBuild = memoryOfTree(product.pid);
  const bare = await bareNodes(afterBuild.length);

  const pids = [...new Set([...idle, ...afterBuild].map(({ pid }) => pid))];
  const rows = pids.map((pid) => row(memoryAt(idle, pid) ?? memoryAt(afterBuild, pid), pid));
  const total = { process: 'everything', ...figures(idle, afterBuild) };
  return {
    table: [...rows, total, { process: `reference: ${bare.length} × bare node`, ...figures(bare, bare) }],
    notes: ['Megabytes (10⁶ bytes).'],
    aims: [
      aimBelow('idle memory (PSS)', aimMb, 'MB', total.idlePssMb),
      aimBelow('idle memory after a build (PSS)', aimMb, 'MB', total.afterBuildPssMb),
    ],
  };

  function row(known: ProcessMemory | undefined, pid: number) {
    const only = (list: readonly ProcessMemory[]) => list.filter((process) => process.pid === pid);
    return { process: known?.command ?? '', ...figures(only(idle), only(afterBuild)) };
  }
};

const memoryAt = (list: readonly ProcessMemory[], pid: number) => list.find((process) => process.pid === pid);

function memoryOfTree(rootPid: number): readonly ProcessMemory[] {
  return processTree(rootPid).flatMap((pid) => memoryOf(pid) ?? []);
}

function figures(idle: readonly ProcessMemory[], afterBuild: readonly ProcessMemory[]) {
  const sum = (list: readonly ProcessMemory[], key: 'pssMb' | 'rssMb') =>
    rounded(list.reduce((total, process) => total + process[key], 0));
  return {
    idlePssMb: sum(idle, 'pssMb'),
    idleRssMb: sum(idle, 'rssMb'),
    afterBuildPssMb: sum(afterBuild, 'pssMb'),
    afterBuildRssMb: sum(afterBuild, 'rssMb'),
  };
}

/** Measured together, since they share pages with one another. */
async function bareNodes(count: number): Promise<readonly ProcessMemory[]> {
  const script = "process.send('up'); setInterval(() => {}, 1e9)";
  const nodes = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }),
  );
  await Promise.all(nodes.map((node) => once(node, 'message')));
  const measured = nodes.flatMap(({ pid }) => (pid === undefined ? [] : (memoryOf(pid) ?? [])));
  await Promise.all(
    nodes.map(async (node) => {
      const ended = once(node, 'exit');
      node.kill();
      await ended;
    }),
  );
  return measured;
}
