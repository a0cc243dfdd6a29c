import { type JobRecord, retryBuild } from '@yardmaster/application';
import { JobId } from '@yardmaster/domain';
import { type DeadLetterList, type DeadLetterView, maxDeadLetters } from '@yardmaster/protocol';
import { Router } from 'express';
import { requireOperator, requireViewer } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import { uuidFrom } from '../idempotency.ts';
import { HttpProblem, notFound, parseId, rejectionProblem } from '../problem-details.ts';
import { settleWrite } from '../read-your-writes.ts';
import { sendNewJob } from './jobs.ts';

/** Builds that were set aside because they may have brought their workers down: for operators and admins. */
export function deadLetterRoutes(parts: GatewayParts): Router {
  const { actors, readModels } = parts;
  const router = Router();

  router.get('/admin/dead-letters', (_req, res) => {
    requireOperator(requireViewer(res));
    const { jobs, total } = readModels.deadLetters({ limit: maxDeadLetters });
    const answer: DeadLetterList = { deadLetters: jobs.map(deadLetterView), total };
    res.json(answer);
  });

  router.post('/admin/dead-letters/:id/release', async (req, res) => {
    const viewer = requireViewer(res);
    requireOperator(viewer);
    const jobId = parseId(JobId, req.params.id, 'dead letter');
    const { deadLetter } = readModels.job(jobId) ?? {};
    if (deadLetter == null) throw notFound('dead letter');
    // One dead letter becomes one job, whoever asks and however often.
    const newJobId = JobId.parse(uuidFrom(JSON.stringify(['release', jobId])));
    const { releasedAs } = deadLetter;
    if (releasedAs !== null && releasedAs !== newJobId) {
      throw new HttpProblem(409, 'dead-letter-released', 'The build has been built again already.', {
        extra: { releasedAs },
      });
    }
    const { requestId } = res.locals;
    const wish = { jobId, newJobId, user: viewer.id, mayRelease: true, correlationId: requestId };
    const released = await retryBuild(actors, wish);
    if (!released.ok) throw rejectionProblem(released.rejection);
    parts.log.info({ jobId, newJobId, userId: viewer.id }, 'dead letter released');
    await settleWrite(readModels, res, released.position);
    sendNewJob(parts, req, res, newJobId);
  });

  return router;
}

function deadLetterView(record: JobRecord): DeadLetterView {
  const { id, websiteId, websiteName, ownerId, buildNumber, completedAt, error, deadLetter } = record;
  if (completedAt === null || error === null || deadLetter === null) throw new Error(`${id} is no dead letter.`);
  const { losses, releasedAs } = deadLetter;
  const about = { jobId: id, websiteId, websiteName, ownerId, buildNumber };
  return { ...about, failedAt: completedAt, error, losses: [...losses], releasedAs };
}
