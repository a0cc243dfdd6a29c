import { once } from 'node:events';
import { join } from 'node:path';
import { ServerFrame } from '@yardmaster/protocol';
import { WebSocket } from 'ws';
import { type Api, createApi, uploadBody } from './api.ts';
import { aimBelow, type Bench } from './bench.ts';
import { latencyRow } from './percentiles.ts';
import { startReference } from './reference-process.ts';
import { writePlainPage, zipFolder } from './sample-projects.ts';
import { startProduct } from './started-product.ts';
import { temporaryFolder } from './temporary-folder.ts';

const aimMs = 50;
const longestMs = 75_000;
/** Two run, the others wait: there is always a next one. */
const buildsAtOnce = 4;
/** What a worker's reports are recorded as in a build that goes well. */
const reportedTypes = ['StepStarted', 'StepCompleted', 'OutputPublished', 'BuildCompleted'];

/**
 * How long after a worker's report was recorded (the store's `recordedAt`, whole milliseconds) the frame with it reaches
 * a WebSocket that follows the build. With every frame, one of the same size goes to a bare echo server and back.
 */
export const live: Bench = async ({ quick, signal }) => {
  await using folder = await temporaryFolder();
  const archive = await zipFolder(await writePlainPage(join(folder.path, 'page')));
  const body = await uploadBody({ name: 'Plain page', priority: 5, archive, fileName: 'page.zip' });
  await using product = await startProduct({ dataDir: join(folder.path, 'data'), signal });
  await using reference = await startReference('./reference-echo-server.ts');
  const api = createApi(product);
  await using echo = await openEcho(`ws://127.0.0.1:${reference.port}`);
  const recordedToFrame: number[] = [];
  await using watching = await watchBuilds(api, (frame, text) => {
    const arrivedAtMs = Date.now();
    const reported = (frame.events ?? []).filter(({ type }) => reportedTypes.includes(type));
    recordedToFrame.push(...reported.map(({ metadata }) => arrivedAtMs - Date.parse(String(metadata.recordedAt))));
    if (reported.length > 0) echo.send(text);
  });

  const startedAt = performance.now();
  const builds = quick ? 4 : 60;
  let asked = 0;
  const buildInTurn = async () => {
    while (asked < builds && performance.now() - startedAt < longestMs) {
      asked += 1;
      const jobId = await api.upload(body);
      watching.follow(jobId);
      await api.untilCompleted(jobId, signal);
    }
  };
  await Promise.all(Array.from({ length: buildsAtOnce }, buildInTurn));

  const ours = latencyRow('recorded → frame', recordedToFrame);
  return {
    table: [ours, latencyRow('reference: bare ws echo, there and back', echo.roundTripsMs)],
    notes: [`${asked} builds of a plain page by a real worker, ${buildsAtOnce} at once.`],
    aims: [aimBelow('report recorded → frame received, p99', aimMs, 'ms', ours.p99Ms)],
  };
};

/** One connection that follows builds; snapshots, which tell of the past, are left out. */
async function watchBuilds(api: Api, onUpdate: (frame: ServerFrame, text: string) => void) {
  const socket = new WebSocket(api.liveUrl, { headers: api.headers });
  await once(socket, 'open');
  socket.on('message', (data) => {
    const text = String(data);
    const frame = ServerFrame.parse(JSON.parse(text));
    if (frame.type === 'update') onUpdate(frame, text);
    const { job } = frame;
    if (job?.status === 'completed') socket.send(JSON.stringify({ type: 'unsubscribe', topic: frame.topic }));
  });
  return {
    follow: (jobId: string) => socket.send(JSON.stringify({ type: 'subscribe', topic: `job:${jobId}` })),
    [Symbol.asyncDispose]: () => close(socket),
  };
}

async function openEcho(url: string) {
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const sentAtMs: number[] = [];
  const roundTripsMs: number[] = [];
  socket.on('message', () => roundTripsMs.push(performance.now() - (sentAtMs.shift() ?? 0)));
  return {
    roundTripsMs,
    send(text: string) {
      sentAtMs.push(performance.now());
      socket.send(text);
    },
    [Symbol.asyncDispose]: () => close(socket),
  };
}

async function close(socket: WebSocket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}
