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
import type { TimeLimit } from './time-limit.ts';

/** First pause between two tries and the longest one; tries go on until the step's own time is up. */
const firstRetryMs = 200;
const longestRetryMs = 3_000;
/** Longer answers than this are no problem details of ours. */
const maxProblemCharacters = 10_000;
/** What a server says that stands without its event store: nothing can go on, and no build is to fail by that. */
const waitingCodes: ReadonlySet<string> = new Set(['event-store-unavailable', 'starting']);

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
 * What a worker asks of the server over HTTP, with the token of one attempt. A server that restarts is waited for: what
 * failed is tried again until the limit's signal aborts, and then rejects with the reason of the last failure. While the
 * server says that it waits for its event store, no time is counted.
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
  serverUrls,
  token,
}: {
  readonly serverUrls: readonly string[];
  readonly token: string;
}): GatewayClient {
  const [serverUrl = ''] = serverUrls;
  const address = (jobId: JobId, what: string) => `${serverUrl}/api/website-builder/artifacts/jobs/${jobId}/${what}`;
  const headers = { authorization: `Bearer ${token}` };

  return {
    fetchSource: (jobId, path, limit) =>
      persistently(limit, async (signal) => {
        const response = await fetch(address(jobId, 'source'), { headers, signal });
        if (!response.ok || response.body === null) throw failure(response.status, await response.text());
        await pipeline(Readable.fromWeb(response.body), createWriteStream(path), { signal });
      }),
    publishOutput: (jobId, pack, limit) =>
      persistently(limit, async (signal) => {
        const packed = await pack();
        try {
          const response = await fetch(address(jobId, 'output'), {
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
      persistently(limit, async (signal) => {
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
  if (status === 503 && problem.success && waitingCodes.has(problem.data.code)) return new ServerWaits(message);
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

async function persistently<Result>(
  { signal, giveBack }: TimeLimit,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  let last: unknown = signal.reason;
  for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
    const triedAtMs = performance.now();
    try {
      signal.throwIfAborted();
      return await work(signal);
    } catch (error) {
      if (signal.aborted) throw last;
      last = error;
      if (error instanceof GatewayRefused) throw error;
      if (error instanceof ServerWaits) giveBack(performance.now() - triedAtMs + pauseMs);
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
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
