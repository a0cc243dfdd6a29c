import { type ChildProcess, spawn } from 'node:child_process';
import { z } from 'zod';
import { openChildLog } from './child-log.ts';
import { killGroup, recordRun } from './run-records.ts';

/**
 * What supervisor and child agree on.
 *
 * - Settings come in the environment (`readSettings`).
 * - A Node child has an IPC channel. It sends `{ "type": "ready" }` once, when it can do its work, and ends by itself
 *   when the channel disconnects, because then the supervisor is gone. While it waits for something that others run it
 *   sends `{ "type": "waiting" }` now and then, and is not taken for one that hangs.
 * - SIGTERM (for nats-server SIGINT) asks it to end in order; past `stopTimeoutMs` its process group is killed.
 * - It writes JSON lines with a `level` to stdout; lines at warn and above are shown to the person as well.
 * - Each child leads a process group of its own, so that a Ctrl-C in the terminal reaches only the supervisor, which
 *   stops the children in order.
 */
export type ChildSpec = {
  /** Unique; names the log file and the run record. */
  readonly name: string;
  readonly channel: 'ipc' | 'none';
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly stopTimeoutMs: number;
  /** Asked anew for each start. */
  readonly program: () => {
    readonly file: string;
    readonly args: readonly string[];
    readonly env: NodeJS.ProcessEnv;
    readonly cwd: string;
  };
  /** Resolves when the child works, rejects when the signal aborts. By default: when it says so on its channel. */
  readonly untilReady?: (child: ChildProcess, signal: AbortSignal) => Promise<void>;
  /** Takes what the child says on its channel. */
  readonly onMessage?: (message: unknown) => void;
  /** Cleans up after each end, before it is started again. */
  readonly afterExit?: () => void;
};

export type SupervisedChild = {
  readonly name: string;
  /** Resolves when it is ready for the first time; rejects (StartError) when it ends with a code before, or is late. */
  readonly firstReady: Promise<void>;
  /** Kills it, so that it is started again: for one that lives and does no work. */
  restart(): void;
  /** Ends it in order and keeps it ended; idempotent, resolves when it is gone. */
  stop(): Promise<void>;
  /** Kills it at once, without waiting. */
  kill(): void;
};

/** A child could not be started; the message is for a person. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

export const READY_TIMEOUT_MS = 60_000;

/** A child that dies is started again after this time, doubled with each death, until it has lived long enough. */
const MIN_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5_000;
const LONG_LIFE_MS = 30_000;

/** A stray of its can hold its output open for ever. */
const LAST_WORDS_TIMEOUT_MS = 1_000;

const readyMessageSchema = z.object({ type: z.literal('ready') });
const waitingMessageSchema = z.object({ type: z.literal('waiting') });

type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly error: Error | null };
type Life = { readonly process: ChildProcess; readonly exited: Promise<Exit> };
type Surroundings = {
  readonly logsFolder: string;
  readonly runFolder: string;
  readonly say: (line: string) => void;
};

/**
 * Starts a child and keeps it running: whenever it ends, however it ends, it is started again with a growing pause.
 * Only an end with an exit code before it was ever ready is final, since that is a wrong setting and not an accident.
 */
export function superviseChild(spec: ChildSpec, surroundings: Surroundings): SupervisedChild {
  const stopping = new AbortController();
  const firstReady = Promise.withResolvers<void>();
  let life: Life | null = null;

  async function keepRunning(): Promise<void> {
    let wasReady = false;
    let backoffMs = MIN_BACKOFF_MS;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const end = await liveOnce(() => {
        wasReady = true;
        firstReady.resolve();
      });
      if (stopping.signal.aborted) return;
      if (!wasReady && (end.error !== null || end.code !== null)) return firstReady.reject(startError(spec, end));
      if (performance.now() - startedAt > LONG_LIFE_MS) backoffMs = MIN_BACKOFF_MS;
      surroundings.say(`${spec.name} ended (${describe(end)}); starting it again in ${backoffMs} ms`);
      await pause(backoffMs, stopping.signal);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
    }
  }

  /** One life from start to end. A child that is not ready in time is killed. */
  async function liveOnce(onReady: () => void): Promise<Exit> {
    let current: Life;
    try {
      current = startLife(spec, surroundings);
    } catch (error) {
      // What it is started with cannot be written, as on a full disk, which may have room again.
      return { code: null, signal: null, error: error instanceof Error ? error : new Error(String(error)) };
    }
    life = current;
    const waiting = new AbortController();
    const timeout = setTimeout(() => waiting.abort(), READY_TIMEOUT_MS);
    const postpone = (message: unknown) => {
      if (waitingMessageSchema.safeParse(message).success) timeout.refresh();
    };
    current.process.on('message', postpone);
    const ready = (spec.untilReady ?? untilReadyMessage)(current.process, waiting.signal).then(
      () => ({ isReady: true }),
      () => ({ isReady: false }),
    );
    const first = await Promise.race([ready, current.exited.then(() => ({ isReady: false }))]);
    clearTimeout(timeout);
    current.process.off('message', postpone);
    const isLate = waiting.signal.aborted;
    waiting.abort();
    if (first.isReady) onReady();
    else killLife(current);
    const end = await current.exited;
    return isLate ? { ...end, error: new Error(`not ready within ${READY_TIMEOUT_MS / 1000} s`) } : end;
  }

  firstReady.promise.catch(() => {}); // whoever waits for it sees the rejection; nobody has to
  const ended = keepRunning().catch((error: unknown) => firstReady.reject(error));

  return {
    name: spec.name,
    firstReady: firstReady.promise,
    restart: () => {
      if (life !== null) killLife(life);
    },
    stop: async () => {
      stopping.abort();
      if (life !== null) await endLife(life, spec);
      await ended;
    },
    kill: () => {
      stopping.abort();
      if (life !== null) killLife(life);
    },
  };
}

/** Throws when its log or its record cannot be written; nothing runs then. */
function startLife(spec: ChildSpec, surroundings: Surroundings): Life {
  const { file, args, env, cwd } = spec.program();
  const log = openChildLog({
    folder: surroundings.logsFolder,
    name: spec.name,
    onImportant: (line) => surroundings.say(`${spec.name}: ${line}`),
  });
  const child = spawn(file, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(spec.channel === 'ipc' ? (['ipc'] as const) : [])],
  });
  if (spec.onMessage !== undefined) child.on('message', spec.onMessage);
  const forget = child.pid === undefined ? () => {} : recordOrKill(child.pid);
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8').on('data', (chunk: string) => log.write(stream, chunk));
  }
  const exited = untilExit(child, () => {
    if (child.pid !== undefined) killGroup(child.pid); // what it has left behind in its group
    spec.afterExit?.();
    forget();
  });
  return { process: child, exited: exited.finally(log.close) };

  /** The next start could not find a child without a record when this supervisor is killed. */
  function recordOrKill(pid: number): () => void {
    try {
      return recordRun(surroundings.runFolder, { name: spec.name, pid });
    } catch (error) {
      killGroup(pid);
      log.close();
      throw error;
    }
  }
}

/** Cleans up at its exit, then waits (bounded) for its last words to be in the log. */
function untilExit(child: ChildProcess, cleanUp: () => void): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      if (child.pid === undefined) resolve({ code: null, signal: null, error });
    });
    child.once('exit', (code, signal) => {
      cleanUp();
      const finish = () => resolve({ code, signal, error: null });
      const timeout = setTimeout(finish, LAST_WORDS_TIMEOUT_MS);
      child.once('close', () => {
        clearTimeout(timeout);
        finish();
      });
    });
  });
}

async function endLife(life: Life, spec: ChildSpec): Promise<void> {
  const timeout = setTimeout(() => killLife(life), spec.stopTimeoutMs);
  if (isRunning(life.process)) life.process.kill(spec.stopSignal);
  await life.exited;
  clearTimeout(timeout);
}

function killLife(life: Life): void {
  if (life.process.pid !== undefined && isRunning(life.process)) killGroup(life.process.pid);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function untilReadyMessage(child: ChildProcess, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('not ready')), { once: true });
    child.on('message', (message) => {
      if (readyMessageSchema.safeParse(message).success) resolve();
    });
  });
}

function startError(spec: ChildSpec, end: Exit): StartError {
  return new StartError(`${spec.name} could not be started (${describe(end)}).`);
}

function describe(end: Exit): string {
  if (end.error !== null) return end.error.message;
  return end.signal === null ? `exit code ${end.code}` : end.signal;
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, durationMs);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
