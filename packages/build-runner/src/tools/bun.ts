import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { npmProgram, type Program } from './toolchain.ts';

const version = '1.4.5';

/**
 * bun has 100 MB, too much to install for everyone, so the pinned version is fetched with the pinned npm when a build
 * first needs it. These are the registry's checksums of that version: whatever registry answers, it has to be this.
 */
const integrityByPackage: Readonly<Record<string, string>> = {
  '@oven/bun-linux-x64':
    'sha512-IWX9BELoGHAUtMonkeSaNaZwXzRk+oDw6Mk+HBFXd3KHYIBNBsIGRupMZPcgNoDbJpLu6gAJjIoIVPZtt1aJ1g==',
  '@oven/bun-linux-x64-baseline':
    'sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
  '@oven/bun-linux-aarch64':
    'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  '@oven/bun-linux-x64-musl':
    'sha512-10QoW/YfTgnURaGEaHpJCiXjLI2e5iTtfVDaA5JKcyUzaa1cq6cVUY9/Uq5XkYzvtRjHLRe9Oj/lTDIQcxy8HQ==',
  '@oven/bun-linux-x64-musl-baseline':
    'sha512-cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==',
  '@oven/bun-linux-aarch64-musl':
    'sha512-XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==',
  '@oven/bun-darwin-x64':
    'sha512-qkLPMGHZM9NI6CeHTWwVezzmlo6cC4Ta7yUAjYIWXS366qQcOlcp75t2uZyiuVRBMPS0h9qE0tCcvCHGaFqjJg==',
  '@oven/bun-darwin-aarch64':
    'sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==',
};

/** Runs a program with network access; resolves to whether it exited with 0. */
export type RunFetch = (program: Program) => Promise<boolean>;

export type BunFetch =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: 'unsupported-platform' | 'fetch-failed' | 'checksum-mismatch' };

/** Gives the path of the pinned bun, fetching it once per tools folder. Several processes may do so at once. */
export const fetchBun = async ({
  toolsDirectory,
  run,
}: {
  readonly toolsDirectory: string;
  readonly run: RunFetch;
}): Promise<BunFetch> => {
  const name = await packageName();
  const integrity = integrityByPackage[name];
  if (integrity === undefined) return { ok: false, reason: 'unsupported-platform' };
  const home = join(toolsDirectory, `bun-${version}`);
  const path = join(home, 'node_modules', name, 'bin', 'bun');
  if (await exists(path)) return { ok: true, path };
  const fresh = `${home}.${process.pid}-${Date.now()}`;
  await mkdir(fresh, { recursive: true });
  try {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--prefix', fresh];
    const fetched = await run([...npmProgram, 'install', ...flags, `${name}@${version}`]);
    if (!fetched) return { ok: false, reason: 'fetch-failed' };
    if ((await installedIntegrity(fresh, name)) !== integrity) return { ok: false, reason: 'checksum-mismatch' };
    // Someone else may have been first; their copy is as good.
    await rename(fresh, home).catch(async (error: unknown) => {
      if (!(await exists(path))) throw error;
    });
    return { ok: true, path };
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
};

const HiddenLockfile = z.object({ packages: z.record(z.string(), z.object({ integrity: z.string().optional() })) });

/** npm checks what it downloads against the registry's checksum and notes it here; ours decides. */
const installedIntegrity = async (prefix: string, name: string): Promise<string | undefined> => {
  const lockfile = await readFile(join(prefix, 'node_modules', '.package-lock.json'), 'utf8');
  return HiddenLockfile.parse(JSON.parse(lockfile)).packages[`node_modules/${name}`]?.integrity;
};

const packageName = async (): Promise<string> => {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const libc = process.platform === 'linux' && !usesGlibc() ? '-musl' : '';
  const isOldCpu = process.platform === 'linux' && arch === 'x64' && !(await hasAvx2());
  return `@oven/bun-${process.platform}-${arch}${libc}${isOldCpu ? '-baseline' : ''}`;
};

const Report = z.object({ header: z.object({ glibcVersionRuntime: z.string().optional() }) });

const usesGlibc = (): boolean => {
  const report = Report.safeParse(process.report.getReport());
  return !report.success || report.data.header.glibcVersionRuntime !== undefined;
};

const hasAvx2 = async (): Promise<boolean> =>
  (await readFile('/proc/cpuinfo', 'utf8').catch(() => 'avx2')).includes('avx2');

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
