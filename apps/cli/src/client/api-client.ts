import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '@yardmaster/protocol';
import { readSettings } from '@yardmaster/protocol/settings';
import type { z } from 'zod';
import { CommandError, type CommandIo, Interrupted } from '../command.ts';
import { repositoryRoot } from '../up/data-folder.ts';

/** Options that every command which talks to a server takes. */
export const serverOptions = { server: { type: 'string' }, token: { type: 'string' } } as const;
export const serverOptionsUsage =
  '  --server <url>   the server; by default the one on the local data directory\n  --token <token>  an API token; by default the one in the data directory';

/** The server answered with a problem; `code` is stable. */
export class ApiProblem extends CommandError {
  readonly code: string;

  constructor(problem: Problem) {
    super(problemText(problem));
    this.code = problem.code;
  }
}

function problemText({ detail, code, errors = [], hint }: Problem): string {
  const lines = [`${detail} (${code})`, ...errors.map(({ path, message }) => `  ${path}: ${message}`)];
  return [...lines, ...(hint === undefined ? [] : [`  ${hint}`])].join('\n');
}

export interface ApiClient {
  /** The server that is asked now. */
  readonly serverUrl: string;
  /**
   * Sends a request and parses the answer. `path` follows `/api/website-builder`. Rejects with {@link Interrupted} at
   * Ctrl-C, and with an error for which {@link isPassing} is true when no whole answer came; where there are several
   * servers the next request goes to another one then.
   */
  request<Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    options?: { readonly body?: FormData; readonly idempotencyKey?: string },
  ): Promise<z.output<Schema>>;
}

/** Time in which a server must say that it is ready to be the one that is asked, where there are several. */
const choiceTimeoutMs = 2_000;
/** Time for an answer to a request without a body, in milliseconds. An upload takes what it takes. */
const answerTimeoutMs = 30_000;

/** Finds server and token: from the options, the environment, or the local data directory. */
export async function connect(
  options: { readonly server?: string | undefined; readonly token?: string | undefined },
  io: CommandIo,
): Promise<ApiClient> {
  const read = readSettings(io.env);
  if (!read.ok) throw new CommandError(read.problems.join('\n'));
  const { url, token: givenToken, dataDir } = read.settings;
  const dataFolder = resolve(repositoryRoot, dataDir);
  const given = options.server ?? url ?? (await content(join(dataFolder, 'server-url')));
  if (given === undefined) {
    throw new CommandError(`No Yardmaster runs on ${dataFolder}. Start one with "npm start", or name one by --server.`);
  }
  const token = options.token ?? givenToken ?? (await content(join(dataFolder, 'admin-token')));
  if (token === undefined) throw new CommandError('No API token: give --token or set YARDMASTER_TOKEN.');
  const serverUrls = given.split('\n').map((each) => each.replace(/\/+$/, ''));
  let serverUrl = await firstReady(serverUrls, io.signal);
  const moveOn = () => {
    serverUrl = serverUrls[(serverUrls.indexOf(serverUrl) + 1) % serverUrls.length] ?? serverUrl;
  };
  return {
    get serverUrl() {
      return serverUrl;
    },
    async request(schema, method, path, { body, idempotencyKey } = {}) {
      const timeout = body === undefined ? [AbortSignal.timeout(answerTimeoutMs)] : [];
      const { response, answer } = await send(io.signal, `${serverUrl}/api/website-builder${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([io.signal, ...timeout]),
      }).catch((error: unknown) => {
        if (isPassing(error)) moveOn();
        throw error;
      });
      if (!response.ok) throw problemOf(response.status, answer);
      const parsed = schema.safeParse(answer);
      if (!parsed.success) throw new CommandError(`${serverUrl} gave an answer that this version does not understand.`);
      return parsed.data;
    },
  };
}

/** The first in order of those that are ready, or the very first where none is: its answer says why. */
async function firstReady(serverUrls: readonly string[], interrupted: AbortSignal): Promise<string> {
  const [first = '', ...others] = serverUrls;
  if (others.length === 0) return first;
  const signal = AbortSignal.any([interrupted, AbortSignal.timeout(choiceTimeoutMs)]);
  const answers = serverUrls.map((url) => fetch(`${url}/readyz`, { signal }).catch(() => null));
  for (const [index, answer] of answers.entries()) if ((await answer)?.ok === true) return serverUrls[index] ?? first;
  return first;
}

/** True for a failure that may pass: the server restarts, or cannot be reached just now. */
export function isPassing(error: unknown): boolean {
  return error instanceof ServerUnreachable;
}

class ServerUnreachable extends CommandError {}

/** What proxies answer, and the server itself, while it starts or stops. */
const notReady: ReadonlySet<number> = new Set([502, 503, 504]);

async function send(interrupted: AbortSignal, url: string, init: RequestInit) {
  const { origin } = new URL(url);
  try {
    const response = await fetch(url, init);
    const text = await response.text(); // An answer that breaks off is none.
    const answer = parseJson(text);
    if (notReady.has(response.status)) throw new ServerUnreachable(notReadyText(origin, answer));
    return { response, answer };
  } catch (error) {
    if (interrupted.aborted) throw new Interrupted();
    if (error instanceof ServerUnreachable) throw error;
    throw new ServerUnreachable(`${origin} cannot be reached. Is it running?`, { cause: error });
  }
}

/** The server itself says why; a proxy in front of it does not. */
function notReadyText(origin: string, answer: unknown): string {
  const problem = Problem.safeParse(answer);
  return problem.success ? problemText(problem.data) : `${origin} is not ready.`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(status: number, answer: unknown): CommandError {
  const problem = Problem.safeParse(answer);
  return problem.success
    ? new ApiProblem(problem.data)
    : new CommandError(`The server answered with status ${status}.`);
}

async function content(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(() => '')).trim() || undefined;
}
