import { parentPort } from 'node:worker_threads';
import { inspectArchive } from '@yardmaster/build-runner/inspect-archive';
import type { InspectionReply, InspectionRequest } from './inspector.ts';

const underWay = new Map<number, AbortController>();

parentPort?.on('message', (request: InspectionRequest) => {
  if (request.type === 'abort') underWay.get(request.id)?.abort();
  else void inspect(request);
});

async function inspect({ id, file, limits }: Extract<InspectionRequest, { type: 'inspect' }>): Promise<void> {
  const abort = new AbortController();
  underWay.set(id, abort);
  const reply = await inspectArchive({ file, limits, signal: abort.signal }).then(
    (inspection): InspectionReply => ({ id, inspection }),
    (error: unknown): InspectionReply => ({ id, error }),
  );
  underWay.delete(id);
  parentPort?.postMessage(reply);
}
