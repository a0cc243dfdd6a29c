import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { buildHistory, replayBuild } from '@yardmaster/application';
import { Step, statusOf } from '@yardmaster/domain';
import { maxLogPageLines, type ReplayAnswer } from '@yardmaster/protocol';
import { type Request, Router } from 'express';
import { z } from 'zod';
import type { GatewayParts } from '../../gateway-parts.ts';
import { eventView } from '../../views/event-view.ts';
import { notFound, parseInput } from '../problem-details.ts';
import { queryNumber } from '../query-fields.ts';
import { findJob } from './jobs.ts';

const defaultLogPageLines = 1_000;

const LogQuery = z.strictObject({
  after: queryNumber().default(0),
  limit: queryNumber({ min: 1, max: maxLogPageLines }).default(defaultLogPageLines),
  search: z.string().min(1).max(200).optional(),
  step: Step.optional(),
  attempt: queryNumber({ min: 1 }).optional(),
  /** For links, which cannot say what they accept. */
  format: z.enum(['json', 'text']).optional(),
});
const ReplayQuery = z.strictObject({ revision: queryNumber().optional() });

/** What a build has said and done: its log, its events, and its state after any of them. */
export function jobHistoryRoutes(parts: GatewayParts): Router {
  const { store, logs, logRestorer } = parts;
  const router = Router();

  router.get('/jobs/:id/logs', async (req, res) => {
    const { id, websiteName, buildNumber } = findJob(parts, req, res);
    res.vary('Accept');
    const { format = acceptedFormat(req), ...query } = parseInput(LogQuery, req.query);
    await logRestorer.restore(id);
    if (format === 'text') {
      res.attachment(`${websiteName}-${buildNumber}.log`).type('text/plain; charset=utf-8');
      await pipeline(Readable.from(rawLines(logs.readAll(id))), res);
      return;
    }
    res.json(logs.page({ jobId: id, ...query }));
  });

  router.get('/jobs/:id/events', async (req, res) => {
    const { id } = findJob(parts, req, res);
    res.json({ events: (await buildHistory(store, id)).map(eventView) });
  });

  router.get('/jobs/:id/replay', async (req, res) => {
    const { id } = findJob(parts, req, res);
    const { revision = 'latest' } = parseInput(ReplayQuery, req.query);
    const replayed = await replayBuild(store, id, revision);
    if (replayed === null) throw notFound('revision of this build');
    const { value, context } = replayed.state;
    const answer: ReplayAnswer = {
      revision: replayed.revision,
      state: value,
      context: { ...context },
      status: statusOf(value),
    };
    res.json(answer);
  });

  return router;
}

const acceptedFormat = (req: Request): 'json' | 'text' =>
  req.accepts(['application/json', 'text/plain']) === 'text/plain' ? 'text' : 'json';

function* rawLines(lines: Iterable<{ readonly text: string }>): Generator<string> {
  for (const { text } of lines) yield `${text}\n`;
}
