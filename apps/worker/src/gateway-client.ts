import { createWriteStream } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactId, type JobId } from '@yardmaster/domain';
import { z } from 'zod';

/** First pause between two tries and the longest one; tries go on until the step's own time is up. */
const firstRetryMs = 200;
const longestRetryMs = 3_000;

const PublishedOutput = z.object({ artifactId: ArtifactId, files: z.int(), sizeBytes: z.int() });
export type PublishedOutput = z.infer<typeof PublishedOutput>;

/** The server answered, and its answer is final: trying again would get the same one. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';
  readonly status: number;

  constructor(what: string, status: number) {
    super(`${what} was refused with status ${status}.`);
    this.status = status;
  }
}

/** What a worker asks of the server over HTTP, with the token of one attempt. A server that restarts is waited for. */
export interface GatewayClient {
  /** Streams the source archive into a file. */
  fetchSource(jobId: JobId, path: string, signal: AbortSignal): Promise<void>;
  /** Hands in the packed output; `pack` is called anew for each try. */
  publishOutput(jobId: JobId, pack: () => Promise<Readable>, signal: AbortSignal): Promise<PublishedOutput>;
  /** Resolves when the preview answers with success; rejects when the signal aborts first. */
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
        if (!response.ok || response.body === null) throw await failure('Fetching the source', response);
        await pipeline(Readable.fromWeb(response.body), createWriteStream(path), { signal });
      }),
    publishOutput: (jobId, pack, signal) =>
      persistently(signal, async () => {
        const response = await fetch(address(jobId, 'output'), {
          method: 'PUT',
          headers: { ...headers, 'content-type': 'application/gzip' },
          body: Readable.toWeb(await pack()) as ReadableStream, // The same class; Node and the DOM declare it apart.
          duplex: 'half',
          signal,
        } as RequestInit);
        if (!response.ok) throw await failure('Publishing the output', response);
        return PublishedOutput.parse(await response.json());
      }),
    untilPreviewAnswers: (host, signal) =>
      persistently(signal, async () => {
        const status = await statusOf(serverUrl, host, signal);
        if (status !== 200) throw new Error(`The preview answered with status ${status}.`);
      }),
  };
}

async function failure(what: string, response: Response): Promise<Error> {
  await response.body?.cancel();
  const isFinal = response.status >= 400 && response.status < 500 && ![408, 425, 429].includes(response.status);
  return isFinal ? new GatewayRefused(what, response.status) : new Error(`${what}: status ${response.status}.`);
}

async function persistently<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (let pauseMs = firstRetryMs; ; pauseMs = Math.min(pauseMs * 2, longestRetryMs)) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof GatewayRefused || signal.aborted) throw error;
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

/** `fetch` does not let the Host header be chosen, and `*.localhost` need not resolve here. */
function statusOf(serverUrl: string, host: string, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    request(serverUrl, { headers: { host }, signal }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
