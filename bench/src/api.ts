import { setTimeout as delay } from 'node:timers/promises';
import { BuildStatus, UploadAnswer, UserQueue } from '@yardmaster/protocol';
import type { StartedProduct } from './started-product.ts';

const apiPath = '/api/website-builder';
const statusPollMs = 200;

/** The body of an upload, ready to be sent any number of times. */
export interface UploadBody {
  readonly bytes: Buffer;
  readonly contentType: string;
}

export async function uploadBody(options: {
  readonly name: string;
  readonly priority: number;
  readonly archive: Buffer;
  readonly fileName: string;
}): Promise<UploadBody> {
  const form = new FormData();
  form.set('name', options.name);
  form.set('priority', String(options.priority));
  form.set('files', new Blob([new Uint8Array(options.archive)]), options.fileName);
  const encoded = new Response(form);
  const contentType = encoded.headers.get('content-type') ?? '';
  return { bytes: Buffer.from(await encoded.arrayBuffer()), contentType };
}

/** The part of the product's API that benches use. Answers other than 2xx throw. */
export function createApi({ url, token }: Pick<StartedProduct, 'url' | 'token'>) {
  async function request(path: string, init: RequestInit = {}): Promise<unknown> {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const response = await fetch(`${url}${apiPath}${path}`, { ...init, headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }

  const job = async (jobId: string) => BuildStatus.parse(await request(`/jobs/${jobId}`));

  return {
    uploadUrl: `${url}${apiPath}/upload`,
    liveUrl: `${url.replace('http', 'ws')}${apiPath}/live`,
    headers: { authorization: `Bearer ${token}` },
    async upload({ bytes, contentType }: UploadBody): Promise<string> {
      const headers = { 'content-type': contentType };
      const answer = await request('/upload', { method: 'POST', headers, body: new Uint8Array(bytes) });
      return UploadAnswer.parse(answer).website.buildJobId;
    },
    job,
    /** Builds that run in a slot at this moment. */
    async building(): Promise<number> {
      const { activeJobs } = UserQueue.parse(await request('/user/queue?status=building,running'));
      return activeJobs.length;
    },
    cancel: (jobId: string) => request(`/jobs/${jobId}`, { method: 'DELETE' }),
    /** Throws unless the build completes. */
    async untilCompleted(jobId: string, signal: AbortSignal): Promise<void> {
      for (;;) {
        const { status, error } = await job(jobId);
        if (status === 'completed') return;
        if (status === 'failed' || status === 'cancelled') throw new Error(`A build ${status}: ${error?.message}`);
        await delay(statusPollMs, undefined, { signal });
      }
    },
  };
}

export type Api = ReturnType<typeof createApi>;
