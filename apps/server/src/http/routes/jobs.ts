import { type JobRecord, retryBuild } from '@yardmaster/application';
import { type BuildJobSnapshot, JobId, Priority, type Rejection, statusOf, WebsiteId } from '@yardmaster/domain';
import type { NewJobAnswer } from '@yardmaster/protocol';
import { type Request, type Response, Router } from 'express';
import rateLimit from 'express-rate-limit';
import { z } from 'zod';
import { isOperator, maySeeJob, requireOperator, requireViewer, visible } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import { buildStatus, jobDetail, jobViewContext, positionAtIntake, statusLogLines } from '../../views/job-view.ts';
import { createIds } from '../idempotency.ts';
import { HttpProblem, notFound, parseId, parseInput, rejectionProblem } from '../problem-details.ts';
import { settleWrite } from '../read-your-writes.ts';

/** What one user may ask for a build's status: twenty a second on average, a hundred at once. */
const statusWindowMs = 5_000;
const statusRequestsPerWindow = 100;

const CancelInput = z.object({ reason: z.string().trim().min(1).max(500).nullable().default(null) });
const RetryInput = z.object({ priority: Priority.optional() });
const PriorityInput = z.object({ priority: Priority });

/** One build: its status, and what can be asked of it. */
export function jobRoutes(parts: GatewayParts): Router {
  const { actors, readModels, newId, logs } = parts;
  const router = Router();

  router.get('/jobs/:id', (req, res) => {
    const record = findJob(parts, req, res);
    const steps = readModels.steps(record.id);
    res.json(jobDetail(record, jobViewContext(parts), { logs: logs.tail(record.id, statusLogLines), steps }));
  });

  router.get('/:websiteId/build-status', limitStatusRequests(), (req, res) => {
    const viewer = requireViewer(res);
    const website = readModels.website(parseId(WebsiteId, req.params.websiteId, 'website'));
    const jobId = website === null || website.deleted ? null : website.currentJobId;
    const record = jobId === null ? null : readModels.job(jobId);
    if (record === null || !maySeeJob(viewer, record)) throw notFound('website with a build');
    res.json(buildStatus(record, jobViewContext(parts), logs.tail(record.id, statusLogLines)));
  });

  router.delete('/jobs/:id', async (req, res) => {
    const viewer = requireViewer(res);
    const { id } = findJob(parts, req, res);
    const { reason } = parseInput(CancelInput, req.body ?? {});
    const envelope = userEnvelope(res);
    const result = await actors.buildJob.handle(id, { type: 'CancelBuild', reason }, envelope);
    if (!result.ok) throw refusal(result);
    parts.log.info({ jobId: id, userId: viewer.id }, 'build cancelled by a user');
    await settleWrite(readModels, res, result.position);
    res.status(202).json({ success: true });
  });

  router.post('/jobs/:id/retry', async (req, res) => {
    const viewer = requireViewer(res);
    const { id } = findJob(parts, req, res);
    const { priority } = parseInput(RetryInput, req.body ?? {});
    const newJobId = JobId.parse(createIds(req, { userId: viewer.id, newId })('job'));
    const retried = await retryBuild(actors, {
      jobId: id,
      newJobId,
      user: viewer.id,
      mayRelease: isOperator(viewer),
      correlationId: res.locals.requestId,
      ...(priority === undefined ? {} : { priority }),
    });
    if (!retried.ok) throw rejectionProblem(retried.rejection, { currentStatus: readModels.job(id)?.status ?? null });
    await settleWrite(readModels, res, retried.position);
    sendNewJob(parts, req, res, newJobId);
  });

  router.patch('/jobs/:id/priority', async (req, res) => {
    const { id } = findJob(parts, req, res);
    requireOperator(requireViewer(res));
    const { priority } = parseInput(PriorityInput, req.body ?? {});
    const result = await actors.buildJob.handle(id, { type: 'ChangePriority', priority }, userEnvelope(res));
    if (!result.ok) throw refusal(result);
    await settleWrite(readModels, res, result.position);
    res.json({ success: true, priority });
  });

  return router;
}

/** The answer to what made a job of another one. */
export function sendNewJob({ readModels, clock }: GatewayParts, req: Request, res: Response, jobId: JobId): void {
  const queuePosition = positionAtIntake(readModels, jobId, clock.now().getTime());
  const answer: NewJobAnswer = { success: true, jobId, queuePosition };
  res.status(202).location(`${req.baseUrl}/jobs/${jobId}`).json(answer);
}

/** The build named in the URL, if the viewer may see it. */
export function findJob({ readModels }: GatewayParts, req: Request, res: Response): JobRecord {
  const viewer = requireViewer(res);
  const id = parseId(JobId, req.params.id, 'build');
  return visible(readModels.job(id), (record) => maySeeJob(viewer, record), 'build');
}

export const userEnvelope = (res: Response) => ({
  actor: { kind: 'user', userId: requireViewer(res).id } as const,
  correlationId: res.locals.requestId,
});

function refusal({ rejection, state }: { readonly rejection: Rejection; readonly state: BuildJobSnapshot }) {
  return rejectionProblem(rejection, { currentStatus: statusOf(state.value) });
}

function limitStatusRequests() {
  return rateLimit({
    windowMs: statusWindowMs,
    limit: statusRequestsPerWindow,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_req, res) => requireViewer(res as Response).id,
    handler: () => {
      throw new HttpProblem(429, 'too-many-requests', 'The status is asked for too often.', {
        hint: 'Follow /user/queue/stream or the WebSocket instead of asking again and again.',
      });
    },
  });
}
