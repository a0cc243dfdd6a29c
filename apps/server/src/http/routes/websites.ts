import { createWebsite, deleteWebsite, type WebsiteRecord } from '@yardmaster/application';
import { WebsiteId, WebsiteName } from '@yardmaster/domain';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { maySeeWebsite, requireViewer, visible } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import { jobSummary, jobViewContext } from '../../views/job-view.ts';
import { websiteView } from '../../views/website-view.ts';
import { createIds } from '../idempotency.ts';
import { HttpProblem, parseId, parseInput, rejectionProblem } from '../problem-details.ts';
import { queryNumber } from '../query-fields.ts';
import { settleWrite } from '../read-your-writes.ts';
import { SettingsInput } from '../settings-input.ts';
import { userEnvelope } from './jobs.ts';

const defaultBuildsPerPage = 20;
const maxBuildsPerPage = 100;

const NameInput = z.object({ name: WebsiteName });
const BuildsQuery = z.strictObject({
  page: queryNumber({ min: 1, max: 100_000 }).default(1),
  pageSize: queryNumber({ min: 1, max: maxBuildsPerPage }).default(defaultBuildsPerPage),
});

/** Websites: what builds belong to. */
export function websiteRoutes(parts: GatewayParts): Router {
  const { actors, readModels, newId } = parts;
  const router = Router();
  const view = (record: WebsiteRecord) => websiteView(record, parts);

  router.get('/websites', (_req, res) => {
    const records = readModels.websites(requireViewer(res).id).filter(({ deleted }) => !deleted);
    res.json({ websites: records.map(view) });
  });

  router.post('/websites', async (req, res) => {
    const { id: owner } = requireViewer(res);
    const { name } = parseInput(NameInput, req.body ?? {});
    const id = WebsiteId.parse(createIds(req, { userId: owner, newId })('website'));
    const created = await createWebsite(actors, { id, name, owner, correlationId: res.locals.requestId });
    if (!created.ok) throw rejectionProblem(created.rejection);
    await settleWrite(readModels, res, created.position);
    res
      .status(201)
      .location(`${req.baseUrl}/websites/${id}`)
      .json(view(shown(id)));
  });

  router.get('/websites/:id', (req, res) => {
    res.json(view(find(req, res)));
  });

  router.patch('/websites/:id', async (req, res) => {
    const { id } = find(req, res);
    const { name } = parseInput(NameInput, req.body ?? {});
    await change(res, id, { type: 'RenameWebsite', name });
    res.json(view(shown(id)));
  });

  router.delete('/websites/:id', async (req, res) => {
    const { id } = find(req, res);
    const user = requireViewer(res).id;
    const deleted = await deleteWebsite(parts, { websiteId: id, user, correlationId: res.locals.requestId });
    if (!deleted.ok) throw rejectionProblem(deleted.rejection);
    await settleWrite(readModels, res, deleted.position);
    const { cancelledBuilds, stoppedPreviews } = deleted;
    res.json({ success: true, cancelledBuilds, stoppedPreviews });
  });

  router.get('/websites/:id/builds', (req, res) => {
    const { id } = find(req, res);
    const { page, pageSize } = parseInput(BuildsQuery, req.query);
    const found = readModels.jobs({ websiteId: id, sort: 'newest', limit: pageSize, offset: (page - 1) * pageSize });
    const context = jobViewContext(parts);
    res.json({ builds: found.jobs.map((job) => jobSummary(job, context)), total: found.total, page, pageSize });
  });

  router.get('/websites/:id/settings', (req, res) => {
    res.json(find(req, res).settings);
  });

  router.put('/websites/:id/settings', async (req, res) => {
    const { id } = find(req, res);
    const settings = parseInput(SettingsInput, req.body ?? {});
    await change(res, id, { type: 'ChangeWebsiteSettings', settings });
    res.json(settings);
  });

  return router;

  function find(req: Request, res: Response): WebsiteRecord {
    const viewer = requireViewer(res);
    const id = parseId(WebsiteId, req.params.id, 'website');
    const mayBeShown = (record: WebsiteRecord) => !record.deleted && maySeeWebsite(viewer, record);
    return visible(readModels.website(id), mayBeShown, 'website');
  }

  /** The record after a write, which a gateway that lags behind may not have yet. */
  function shown(id: WebsiteId): WebsiteRecord {
    const record = readModels.website(id);
    if (record === null) {
      throw new HttpProblem(503, 'read-models-behind', 'This was recorded, but cannot be shown yet.', {
        headers: { 'Retry-After': '1' },
      });
    }
    return record;
  }

  async function change(
    res: Response,
    id: WebsiteId,
    command: Parameters<typeof actors.website.handle>[1],
  ): Promise<void> {
    const result = await actors.website.handle(id, command, userEnvelope(res));
    if (!result.ok) throw rejectionProblem(result.rejection);
    await settleWrite(readModels, res, result.position);
  }
}
