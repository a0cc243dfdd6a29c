import { once } from 'node:events';
import { Agent, type OutgoingHttpHeaders, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { UploadAnswer } from '@yardmaster/protocol';
import { createApi, type UploadBody, uploadBody } from './api.ts';
import { aimBelow, type Bench } from './bench.ts';
import { loadWithBuilds } from './build-load.ts';
import { latencyRow, rounded } from './percentiles.ts';
import { startReference } from './reference-process.ts';
import { writeLargeReactProject, writeReactProject, zipFolder } from './sample-projects.ts';
import { startProduct } from './started-product.ts';
import { temporaryFolder } from './temporary-folder.ts';

const slots = 4;
/** One more than run, so that a slot never waits for the next build to be asked for. */
const buildsAtOnce = slots + 1;
const aimMs = 100;
const longestMs = 75_000;
const warmUps = 3;
const startPollMs = 100;

/**
 * How long a person waits for the answer to an upload of about 5 MB while every slot builds. The same bytes go, in turns,
 * to a bare server that only stores them durably. What is uploaded is cancelled right after, outside the measured time.
 */
export const upload: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  const small = await zipFolder(await writeReactProject(join(folder.path, 'small')));
  const large = await zipFolder(await writeLargeReactProject(join(folder.path, 'large')));
  const loadBody = await uploadBody({ name: 'Load', priority: 9, archive: small, fileName: 'load.zip' });
  const body = await uploadBody({ name: 'Measured', priority: 0, archive: large, fileName: 'measured.zip' });

  await using product = await startProduct({ dataDir: join(folder.path, 'data'), slots, signal });
  await using reference = await startReference('./reference-upload-server.ts', [folder.path]);
  const api = createApi(product);
  await using load = loadWithBuilds(api, { body: loadBody, atOnce: buildsAtOnce, signal });
  while ((await api.building()) < slots) {
    load.throwIfFailed();
    await delay(startPollMs, undefined, { signal });
  }

  const measured: { product: number[]; reference: number[] } = { product: [], reference: [] };
  const startedAt = performance.now();
  const samples = quick ? 10 : 200;
  const before = load.completed();
  for (let n = -warmUps; n < samples && performance.now() - startedAt < longestMs; n++) {
    signal.throwIfAborted();
    const bare = await post(`http://127.0.0.1:${reference.port}/`, {}, body);
    const ours = await post(api.uploadUrl, api.headers, body);
    await api.cancel(UploadAnswer.parse(JSON.parse(ours.answer)).website.buildJobId);
    load.throwIfFailed();
    if (n < 0) continue;
    measured.product.push(ours.durationMs);
    measured.reference.push(bare.durationMs);
  }

  const ours = latencyRow('upload → 201', measured.product);
  const bare = latencyRow('reference: bare server, file, fsync', measured.reference);
  const ratio = {
    what: 'ratio',
    samples: '',
    p50Ms: rounded(ours.p50Ms / bare.p50Ms),
    p99Ms: rounded(ours.p99Ms / bare.p99Ms),
  };
  return {
    table: [ours, bare, { ...ratio, maxMs: rounded(ours.maxMs / bare.maxMs) }],
    notes: [
      `${rounded(large.length / 1_000_000)} MB zip, ${slots} builds running throughout; ${load.completed() - before} of them completed meanwhile.`,
    ],
    aims: [aimBelow('upload acknowledged, p99', aimMs, 'ms', ours.p99Ms)],
  };
};

/** One connection each is kept open, as a browser does. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function post(url: string, headers: OutgoingHttpHeaders, { bytes, contentType }: UploadBody) {
  const startedAt = performance.now();
  const sent = request(url, {
    agent,
    method: 'POST',
    headers: { ...headers, 'content-type': contentType, 'content-length': bytes.length },
  }).end(bytes);
  const [response] = await once(sent, 'response');
  const answer = await text(response);
  if (response.statusCode !== 201) throw new Error(`${url}: ${response.statusCode} ${answer}`);
  return { durationMs: performance.now() - startedAt, answer };
}
