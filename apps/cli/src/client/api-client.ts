import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Problem } from '@yardmaster/protocol';
import { readSettings } from '@yardmaster/protocol/settings';
import type { z } from 'zod';
import { CommandError, type CommandIo } from '../command.ts';
import { repositoryRoot } from '../up/data-folder.ts';

/** Options that every command which talks to a server takes. */
export const serverOptions = { server: { type: 'string' }, token: { type: 'string' } } as const;
export const serverOptionsUsage =
  '  --server <url>   the server; by default the one on the local data directory\n  --token <token>  an API token; by default the one in the data directory';

/** The server answered with a problem; `code` is stable. */
export class ApiProblem extends CommandError {
  readonly code: string;

  constructor(problem: Problem) {
    const hint = problem.hint === undefined ? '' : `\n  ${problem.hint}`;
    const errors = (problem.errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join('');
    super(`${problem.detail} (${problem.code})${errors}${hint}`);
    this.code = problem.code;
  }
}

export interface ApiClient {
  readonly serverUrl: string;
  /** Sends a request and parses the answer. `path` follows `/api/website-builder`. */
  request<Schema extends z.ZodType>(
    schema: Schema,
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    options?: { readonly body?: FormData | object; readonly signal?: AbortSignal; readonly idempotencyKey?: string },
  ): Promise<z.output<Schema>>;
}

/** Finds server and token: from the options, the environment, or the local data directory. */
export async function connect(
  options: { readonly server?: string | undefined; readonly token?: string | undefined },
  io: CommandIo,
): Promise<ApiClient> {
  const read = readSettings(io.env);
  if (!read.ok) throw new CommandError(read.problems.join('\n'));
  const { url, token: givenToken, dataDir } = read.settings;
  const dataFolder = resolve(repositoryRoot, dataDir);
  const serverUrl = (options.server ?? url ?? (await content(join(dataFolder, 'server-url'))))?.replace(/\/+$/, '');
  if (serverUrl === undefined) {
    throw new CommandError(`No Yardmaster runs on ${dataFolder}. Start one with "npm start", or name one by --server.`);
  }
  const token = options.token ?? givenToken ?? (await content(join(dataFolder, 'admin-token')));
  if (token === undefined) throw new CommandError('No API token: give --token or set YARDMASTER_TOKEN.');
  return {
    serverUrl,
    async request(schema, method, path, { body, signal, idempotencyKey } = {}) {
      const isForm = body instanceof FormData;
      const response = await send(`${serverUrl}/api/website-builder${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
        ...(signal === undefined ? {} : { signal }),
      });
      const answer: unknown = await response.json().catch(() => null);
      if (!response.ok) throw problemOf(response.status, answer);
      return schema.parse(answer);
    },
  };
}

/** True for a failure that may pass: the server restarts, or cannot be reached just now. */
export function isPassing(error: unknown): boolean {
  return error instanceof ServerUnreachable;
}

class ServerUnreachable extends CommandError {}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, init);
    if (response.status === 502 || response.status === 503) throw new ServerUnreachable(`${url} is not ready.`);
    return response;
  } catch (error) {
    if (error instanceof ServerUnreachable || (error instanceof Error && error.name === 'AbortError')) throw error;
    throw new ServerUnreachable(`${new URL(url).origin} cannot be reached. Is it running?`, { cause: error });
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
