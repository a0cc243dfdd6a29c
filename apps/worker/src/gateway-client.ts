import { createWriteStream } from 'node:fs';
import { request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactId, type JobId } from '@yardmaster/domain';
import { Problem } from '@yardmaster/protocol';
import { z } from 'zod';
import { type ServerChoice, whileItAnswers } from './server-choice.ts';
import type { TimeLimit } from './time-limit.ts';

/** First pause between two tries and the longest one; tries go on until the step's own time is up. */
const firstRetryMs = 200;
const longestRetryMs = 3_000;
/** Longer answers than this are no problem details of ours. */
const maxProblemCharacters = 10_000;
/** What a server says that stands without its event store, or on a full disk: no build is to fail by that. */
const waitingCodes: ReadonlySet<string> = new Set(['event-store-unavailable', 'starting', 'disk-full']);

const PublishedOutput = z.object({ artifactId: ArtifactId, files: z.int(), sizeBytes: z.int() });
export type PublishedOutput = z.infer<typeof PublishedOutput>;

/** The server answered, and its answer is final: trying again would get the same one. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** The server answered that it waits itself, and will go on. */
class ServerWaits extends Error {
  override readonly name = 'ServerWaits';
}

/**
 * What a worker asks of the servers over HTTP, with the token of one attempt. One that fails or goes silent makes place
 * for the next; where there is no other, or all fail, it is waited for: what failed is tried again until the limit's
 * signal aborts, and then rejects with the reason of the last failure. While the servers say that they wait for their
 * event store, no time is counted.
 */
export interface GatewayClient {
  /** Streams the source archive into a file. */
  fetchSource(jobId: JobId, path: string, limit: TimeLimit): Promise<void>;
  /** Hands in the packed output; `pack` is called anew for each try, and what it made is destroyed after it. */
  publishOutput(jobId: JobId, pack: () => Promise<Readable>, limit: TimeLimit): Promise<PublishedOutput>;
  /** Resolves when the preview answers with success. */
  untilPreviewAnswers(host: string, limit: TimeLimit): Promise<void>;
}

export function createGatewayClient({
  servers,
  token,
}: {
  readonly servers: ServerChoice;
  readonly token: string;
}): GatewayClient {
  const artifacts = '/api/website-builder/artifacts/jobs';
  const headers = { authorization: `Bearer ${token}` };

  return {
    fetchSource: (jobId, path, limit) =>
      persistently({ servers, limit }, async (serverUrl, signal) => {
        const response = await fetch(`${serverUrl}${artifacts}/${jobId}/source`, { headers, signal });
        if (!response.ok || response.body === null) throw failure(response.status, await response.text());
        await pipeline(Readable.fromWeb(response.body), createWriteStream(path), { signal });
      }),
    publishOutput: (jobId, pack, limit) =>
      persistently({ servers, limit }, async (serverUrl, signal) => {
        const packed = await pack();
        try {
          const response = await fetch(`${serverUrl}${artifacts}/${jobId}/output`, {
            method: 'PUT',
            headers: { ...headers, 'content-type': 'application/gzip' },
            body: Readable.toWeb(packed) as ReadableStream, // The same class; Node and the DOM declare it apart.
            duplex: 'half',
            signal,
          } as RequestInit);
          if (!response.ok) throw failure(response.status, await response.text());
          return PublishedOutput.parse(await response.json());
        } finally {
          packed.destroy();
        }
      }),
    untilPreviewAnswers: (host, limit) =>
      persistently({ servers, limit }, async (serverUrl, signal) => {
        const { status, said } = await visit(serverUrl, host, signal);
        if (status === 503) throw failure(status, said);
        if (status !== 200) throw new Error(`it answered with status ${status}`);
      }),
  };
}

function failure(status: number, said: string): Error {
  const problem = Problem.safeParse(parseJson(said.slice(0, maxProblemCharacters)));
  const message = problem.success
    ? `${problem.data.detail} (${problem.data.code})`
    : `it answered with status ${status}`;
  if (status >= 500 && problem.success && waitingCodes.has(problem.data.code)) return new ServerWaits(message);
  const isFinal = status >= 400 && status < 500 && ![408, 425, 429].includes(status);
  return isFinal ? new GatewayRefused(message, status) : new Error(message);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Pauses when every server has failed, a little longer each time. */
async function persistently<Result>(
  { servers, limit: { signal, giveBack } }: { readonly servers: ServerChoice; readonly limit: TimeLimit },
  work: (serverUrl: string, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  let last: unknown = signal.reason;
  let longestPauseMs = firstRetryMs;
  for (let tries = 1; ; tries++) {
    const triedAtMs = performance.now();
    const serverUrl = servers.current;
    const isRoundOver = tries % servers.count === 0;
    const pauseMs = isRoundOver ? longestPauseMs : 0;
    try {
      signal.throwIfAborted();
      return await whileItAnswers(servers, signal, work);
    } catch (error) {
      if (signal.aborted) throw last;
      last = error;
      if (error instanceof GatewayRefused) throw error;
      if (error instanceof ServerWaits) giveBack(performance.now() - triedAtMs + pauseMs);
      servers.moveOn(serverUrl);
    }
    if (!isRoundOver) continue;
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    longestPauseMs = Math.min(longestPauseMs * 2, longestRetryMs);
  }
}

/** `fetch` does not let the Host header be chosen, and `*.localhost` need not resolve here. */
function visit(
  serverUrl: string,
  host: string,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly said: string }> {
  const request = new URL(serverUrl).protocol === 'https:' ? requestOverHttps : requestOverHttp;
  return new Promise((resolve, reject) => {
    request(serverUrl, { headers: { host }, signal }, (response) => {
      const status = response.statusCode ?? 0;
      if (status === 503) return void text(response).then((said) => resolve({ status, said }), reject);
      response.resume(); // A page may be long, and says nothing here.
      resolve({ status, said: '' });
    })
      .on('error', reject)
      .end();
  });
}
