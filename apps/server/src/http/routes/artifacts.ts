import { createReadStream } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type ArtifactGrant, replayBuild } from '@yardmaster/application';
import { type ArchiveLimits, listFiles, unpackOutput } from '@yardmaster/build-runner';
import { ArtifactId, finalStatuses, statusOf } from '@yardmaster/domain';
import { UnfitArtifact } from '@yardmaster/messaging';
import { type Request, Router } from 'express';
import type { GatewayParts } from '../../gateway-parts.ts';
import { diskFull, HttpProblem, notFound, rejectionProblem } from '../problem-details.ts';

/**
 * Where workers fetch sources and hand in outputs, by an artifact token that is good for one attempt of one job. An
 * attempt that is over gets nothing and leaves nothing.
 */
export function artifactRoutes(parts: GatewayParts): Router {
  const { store, artifacts, artifactTokens, disk, uploadLimits } = parts;
  const router = Router();

  router.get('/artifacts/jobs/:jobId/source', async (req, res) => {
    const { source } = await authorise(req);
    const path = await artifacts.path(source.artifactId);
    if (path === null) throw notFound('source');
    const { size } = await stat(path);
    res.set({
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(size),
      'Cache-Control': 'no-store',
    });
    await pipeline(createReadStream(path), res);
  });

  router.put('/artifacts/jobs/:jobId/output', async (req, res) => {
    const { grant } = await authorise(req);
    if (!(await disk.hasRoomFor('output', Number(req.get('Content-Length') ?? 0)))) throw diskFull();
    const into = await artifacts.stagingPath();
    try {
      await mkdir(into);
      await unpack(req, into, uploadLimits);
      // The upload took its time: only an attempt that is still the current one may publish.
      await authorise(req);
      const artifactId = ArtifactId.parse(`output-${grant.jobId}-${grant.attempt}`);
      await artifacts.putFolder(artifactId, into).catch(refuseUnfit);
      res.status(201).json({ artifactId, ...(await measure(artifactId)) });
    } finally {
      await rm(into, { recursive: true, force: true });
    }
  });

  return router;

  /** What is stored: of an output that is handed in twice the first one stays. */
  async function measure(artifactId: ArtifactId) {
    const folder = await artifacts.path(artifactId);
    if (folder === null) throw notFound('output'); // its build was removed this very moment
    const { files } = await listFiles(folder);
    return { files: files.length, sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  }

  async function authorise(req: Request) {
    const token = /^Bearer +(\S+)$/i.exec(req.get('Authorization') ?? '')?.[1];
    const grant: ArtifactGrant | null = token === undefined ? null : artifactTokens.verify(token);
    if (grant === null || grant.jobId !== req.params.jobId) {
      throw new HttpProblem(401, 'artifact-token-invalid', 'The artifact token is not good for this job.');
    }
    // From the store itself: another process may have moved the build on.
    const latest = await replayBuild(store, grant.jobId, 'latest');
    const request = latest?.state.context.request ?? null;
    if (latest === null || request === null) throw notFound('build');
    const { state } = latest;
    const { attempt } = state.context;
    if (attempt !== grant.attempt || finalStatuses.has(statusOf(state.value))) {
      throw new HttpProblem(409, 'stale-attempt', `Attempt ${grant.attempt} of this build is over.`);
    }
    return { grant, source: request.source };
  }
}

/** Links inside the archive are sound but are not published: a link could lead elsewhere once the folder has moved. */
function refuseUnfit(error: unknown): never {
  if (!(error instanceof UnfitArtifact)) throw error;
  throw new HttpProblem(422, error.code, 'The output holds something else than plain files and folders.', {
    cause: error,
  });
}

async function unpack(req: Request, into: string, limits: ArchiveLimits): Promise<void> {
  const aborted = new AbortController();
  req.once('aborted', () => aborted.abort());
  const unpacked = await unpackOutput({ source: req, into, limits, signal: aborted.signal });
  if (unpacked.ok) return;
  req.resume(); // so that the worker gets to see the answer
  throw rejectionProblem(unpacked.rejection);
}
