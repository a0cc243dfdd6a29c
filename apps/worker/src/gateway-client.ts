import { createWriteStream } from 'node:fs';
import { request as requestOverHttp } from 'node:http';
import { request as requestOverHttps } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactId, type JobId } from '@yardmaster/domain';
import { Problem } from '@yardmaster/protocol';
import { z } from 'zod';

/** First pause between two tries and the longest one; tries go on until the step's own time is up. */
const firstRetryMs = 200;
const longestRetryMs = 3_000;
/** Longer answers than this are no problem details of ours. */
const maxProblemCharacters = 10_000;

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

/**
 * What a worker asks of the server over HTTP, with the token of one attempt. A server that restarts is waited for: what
 * failed is tried again until the signal aborts, and then rejects with the reason of the last failure.
 */
export interface GatewayClient {
  /** Streams the source archive into a file. */
  fetchSource(jobId: JobId, path: string, signal: AbortSignal): Promise<void>;
  /** Hands in the packed output; `pack` is called anew for each try, and what it made is destroyed after it. */
  publishOutput(jobId: JobId, pack: () => Promise<Readable>, signal: AbortSignal): Promise<PublishedOutput>;
  /** Resolves when the preview answers with success. */
  untilPreviewAnswers(host: string, signal: AbortSignal): Promise<void>;
}

export function createGatewayClient({
  serverUrl,
  token,
}: {
  readonly serverUrl: string;
  readonly token: string;
}): GatewayClient {
  const address = (jobId: JobId, what: string) => `${serverUrl}/api/website-builder/artifacts/jobs/${jobId}/${what}`;
  const headers = { authorization: `Bearer ${token}` };

  return {
    fetchSource: (jobId, path, signal) =>
      persistently(signal, async () => {
        const response = await fetch(address(jobId, 'source'), { headers, signal });
        if (!response.ok || response.body === null) throw await failure(response);
        await pipeline(Readable.fromWeb(response.body), createWriteStream(path), { signal });
      }),
    publishOutput: (jobId, pack, signal) =>
      persistently(signal, async () => {
        const packed = await pack();
        try {
          const response = await fetch(address(jobId, 'output'), {
            method: 'PUT',
            headers: { ...headers, 'content-type': 'application/gzip' },
            body: Readable.toWeb(packed) as ReadableStream, // The same class; Node and the DOM declare it apart.
            duplex: 'half',
            signal,
          } as RequestInit);
          if (!response.ok) throw await failure(response);
          return PublishedOutput.parse(await response.json());
        } finally {
          packed.destroy();
        }
      }),
    untilPreviewAnswers: (host, signal) =>
      persistently(signal, async () => {
        const status = await statusOf(serverUrl, host, signal);
        if (status !== 200) throw new Error(`it answered with status ${status}`);
      }),
  };
}

async function failure(response: Response): Promise<Error> {
  const { status } = response;
  const text = (await response.text()).slice(0, maxProblemCharacters);
  const problem = Problem.safeParse(parseJson(text));
  const message = problem.success
    ? `${problem.data.detail} (${problem.data.code})`
    : `it answered with status ${status}`;
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

async function persistently<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  let last: unknown = signal.reason;
  for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
    try {
      signal.throwIfAborted();
      return await work();
    } catch (error) {
      if (signal.aborted) throw last;
      last = error;
      if (error instanceof GatewayRefused) throw error;
    }
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** `fetch` does not let the Host header be chosen, and `*.localhost` need not resolve here. */
function statusOf(serverUrl: string, host: string, signal: AbortSignal): Promise<number> {
  const request = new URL(serverUrl).protocol === 'https:' ? requestOverHttps : requestOverHttp;
  return new Promise((resolve, reject) => {
    request(serverUrl, { headers: { host }, signal }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
