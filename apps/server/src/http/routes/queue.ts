import { finalStatuses, type Status, statuses, WebsiteId } from '@yardmaster/domain';
import type { UserQueue } from '@yardmaster/protocol';
import { Router } from 'express';
import { z } from 'zod';
import { requireViewer } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import { findActiveJobs } from '../../views/active-jobs.ts';
import { jobSummary, jobViewContext } from '../../views/job-view.ts';
import { parseInput } from '../problem-details.ts';
import { queryMoment, queryNumber } from '../query-fields.ts';

export const defaultPageSize = 10;
const maxPageSize = 100;

const endedStatuses = statuses.filter((status) => finalStatuses.has(status));

const StatusList = z
  .string()
  .transform((text) => text.split(',').filter((status) => status !== ''))
  .pipe(z.array(z.enum(statuses)));

const QueueQuery = z.strictObject({
  status: StatusList.optional(),
  from: queryMoment.optional(),
  to: queryMoment.optional(),
  website: WebsiteId.optional(),
  q: z.string().max(200).optional(),
  sort: z.enum(['newest', 'oldest', 'name', 'priority', 'duration']).default('newest'),
  page: queryNumber({ min: 1, max: 100_000 }).default(1),
  pageSize: queryNumber({ min: 1, max: maxPageSize }).default(defaultPageSize),
});

/** A user's builds: all that are under way, and a page of those that have ended. */
export function queueRoutes(parts: GatewayParts): Router {
  const { readModels } = parts;
  const router = Router();

  router.get('/user/queue', (req, res) => {
    const { id: ownerId } = requireViewer(res);
    const { status, from, to, website, q, sort, page, pageSize } = parseInput(QueueQuery, req.query);
    const find = (wanted: readonly Status[], { limit, offset }: { limit: number; offset: number }) => {
      const chosen = wanted.filter((candidate) => status === undefined || status.includes(candidate));
      if (chosen.length === 0) return { jobs: [], total: 0 };
      return readModels.jobs({
        ownerId,
        statuses: chosen,
        sort,
        limit,
        offset,
        ...(website === undefined ? {} : { websiteId: website }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(q === undefined || q === '' ? {} : { text: q }),
      });
    };
    const active = findActiveJobs(find);
    const ended = find(endedStatuses, { limit: pageSize, offset: (page - 1) * pageSize });
    const context = jobViewContext(parts);
    const answer: UserQueue = {
      activeJobs: active.jobs.map((record) => jobSummary(record, context)),
      completedJobs: ended.jobs.map((record) => jobSummary(record, context)),
      totalActive: active.total,
      totalCompleted: ended.total,
      page,
      pageSize,
      statistics: readModels.statistics(ownerId),
    };
    res.json(answer);
  });

  return router;
}
