import { readdirSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith } from '../e2e/support/processes.ts';
import type { Installation } from './installation.ts';
import { seconds } from './journal.ts';
import { holdsIf, unless, type Verdict } from './verdicts.ts';
import { statOf } from './victims.ts';

const POLL_MS = 100;
/** After the last build's end its worker kills and removes what it left. */
const QUIET_PATIENCE_MS = 60_000;
/** SIGKILL takes a moment to be carried out on a busy machine. */
const DEATH_PATIENCE_MS = 5_000;
/** Of files and the clock of this process. */
const CLOCK_TOLERANCE_MS = 1_000;

/** How the places where builds run are named. */
const WORKSPACE_ROOT = '/var/tmp';

/** Everything that belongs to builds, by the mark of the product and by ours. */
const buildProcesses = (instanceId: string, token: string): readonly number[] => [
  ...new Set([...processesWith(`YARDMASTER_BUILD_OWNER=${instanceId}/`), ...processesWith(token)]),
];

/** Once all builds have ended and the product still runs: nothing of a build is left, and nobody waits to be collected. */
export async function judgeQuiet(installation: Installation, token: string): Promise<readonly Verdict[]> {
  const instanceId = installation.instanceId();
  const left = () => [
    ...buildProcesses(instanceId, token).map(shown),
    ...workspaces(instanceId).flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
  ];
  const processes = await untilNone(left, QUIET_PATIENCE_MS);
  const own = new Set([installation.supervisorPid(), ...Object.values(installation.children())]);
  const zombies = await untilNone(() => zombiesOf(own), QUIET_PATIENCE_MS);
  return [
    unless(
      'nothing of an ended build is left while the product runs',
      processes.found,
      `after ${seconds(processes.tookMs)}`,
    ),
    unless('no zombies of the running product', zombies.found, `${own.size} processes of its own`),
  ];
}

/** After `up` has ended: no process, port, workspace, lock or unexplained file of it. */
export async function judgeStopped({
  installation,
  token,
  exitCode,
  ports,
  lastCrashAt,
}: {
  readonly installation: Installation;
  readonly token: string;
  readonly exitCode: number | null;
  readonly ports: readonly number[];
  readonly lastCrashAt: Date;
}): Promise<readonly Verdict[]> {
  const { dataDir } = installation;
  const instanceId = installation.instanceId();
  const processes = await untilNone(
    () => [...buildProcesses(instanceId, token), ...processesWith(dataDir)].map(shown),
    DEATH_PATIENCE_MS,
  );
  const listening = await Promise.all(ports.map(async (port) => ((await answers(port)) ? [`port ${port}`] : [])));
  const remains = ['up.lock', 'server-url', ...filesIn(join(dataDir, 'run')).map((name) => `run/${name}`)].filter(
    (name) => exists(join(dataDir, name)),
  );
  const staged = filesIn(join(dataDir, 'staging')).map((name) => join(dataDir, 'staging', name));
  const unexplained = staged.filter((file) => statSync(file).mtimeMs > lastCrashAt.getTime() + CLOCK_TOLERANCE_MS);
  return [
    holdsIf(exitCode === 0, 'SIGTERM ends up with exit code 0', `exit code ${exitCode}`, [
      installation.said().slice(-2_000),
    ]),
    unless('no orphan processes', processes.found, `looked for ${seconds(processes.tookMs)}`),
    unless('no ports of theirs', listening.flat(), `${ports.length} ports`),
    unless('no workspaces', workspaces(instanceId), WORKSPACE_ROOT),
    unless('no run records and locks', remains, 'run/, up.lock, server-url'),
    unless(
      'nothing staged but by writers that were killed',
      unexplained,
      `${staged.length} files older than the last kill`,
    ),
  ];
}

/** The ports that servers and message server listen on now. */
export function listeningPorts(installation: Installation): readonly number[] {
  const nats = join(installation.dataDir, 'nats');
  const urls = filesIn(nats)
    .filter((name) => name.endsWith('.ports'))
    .flatMap((name) => [...textOf(join(nats, name)).matchAll(/"(nats:[^"]+)"/g)].map(([, url = '']) => url));
  return [...installation.gateways().map(({ url }) => url), ...urls].map((url) => Number(new URL(url).port));
}

async function untilNone(
  look: () => readonly string[],
  patienceMs: number,
): Promise<{ readonly found: readonly string[]; readonly tookMs: number }> {
  const beganMs = performance.now();
  for (;;) {
    const found = look();
    const tookMs = performance.now() - beganMs;
    if (found.length === 0 || tookMs > patienceMs) return { found, tookMs };
    await delay(POLL_MS);
  }
}

const workspaces = (instanceId: string): readonly string[] =>
  filesIn(WORKSPACE_ROOT)
    .filter((name) => name.startsWith(`yardmaster-${instanceId}-`))
    .map((name) => join(WORKSPACE_ROOT, name));

function zombiesOf(parents: ReadonlySet<number>): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), stat: statOf(Number(name)) }))
    .filter(({ stat }) => stat?.state === 'Z' && parents.has(stat.parentPid))
    .map(({ pid, stat }) => `process ${pid} of ${stat?.parentPid}`);
}

const shown = (pid: number): string =>
  `process ${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200)}`;

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not made, or removed
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

const exists = (file: string): boolean => statSync(file, { throwIfNoEntry: false }) !== undefined;
