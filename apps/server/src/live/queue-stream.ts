import type { ServerFrame } from '@yardmaster/protocol';
import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { requireViewer } from '../auth/viewer.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { HttpProblem, parseInput } from '../http/problem-details.ts';
import type { LiveConnection, LiveHub } from './live-hub.ts';
import type { Outlet } from './outlet.ts';

const heartbeatIntervalMs = 15_000;
/** What a browser waits before it connects again. */
const retryMs = 2_000;

const StreamQuery = z.strictObject({ lastEventId: z.string().optional(), storeId: z.string().optional() });

/**
 * `GET /user/queue/stream`: the user's builds and notifications as server-sent events. The id of each is its position, so
 * `Last-Event-ID` (or `?lastEventId=`) goes on where the reader was; `?storeId=` says which store it was in.
 */
export function queueStreamRoute(_parts: GatewayParts, hub: LiveHub): Router {
  const router = Router();
  router.get('/user/queue/stream', (req, res) => {
    const { lastEventId, storeId } = parseInput(StreamQuery, req.query);
    const { outlet, start } = eventStream(req, res);
    const connection = hub.connect(requireViewer(res), outlet);
    if (connection === null) {
      throw new HttpProblem(429, 'too-many-connections', 'You have too many live connections open.', {
        headers: { 'Retry-After': '10' },
      });
    }
    start(connection);
    connection.subscribe('stream', {
      since: req.get('Last-Event-ID') ?? textOf(lastEventId),
      storeId: textOf(storeId),
    });
  });
  return router;
}

/** Who has seen nothing yet may leave the value empty. */
const textOf = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function eventStream(req: Request, res: Response) {
  const outlet: Outlet = {
    get bufferedBytes() {
      return res.writableLength;
    },
    send(frame) {
      res.write(eventOf(frame));
      // Who cannot be told anything comes again, as browsers do by themselves, and goes on where it was.
      if (frame.type === 'error') res.end();
    },
    close: () => void res.end(),
  };
  return {
    outlet,
    start(connection: LiveConnection): void {
      res.set({ 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' });
      res.flushHeaders();
      res.write(`retry: ${retryMs}\n\n`);
      req.socket.setNoDelay(true);
      const heartbeat = setInterval(() => {
        if (connection.isStillSignedIn()) res.write(': still here\n\n');
        else res.end();
      }, heartbeatIntervalMs);
      res.on('drain', () => connection.drained());
      res.on('close', () => {
        clearInterval(heartbeat);
        connection.end();
      });
    },
  };
}

function eventOf({ type, position, job, notification, topic: _, ...rest }: ServerFrame): string {
  const id = position === null ? '' : `id: ${position}\n`;
  if (type !== 'update') return `${id}data: ${JSON.stringify({ type, position, ...rest })}\n\n`;
  if (job !== undefined) return `${id}data: ${JSON.stringify({ type: 'job_update', position, jobUpdate: job })}\n\n`;
  if (notification !== undefined) {
    return `${id}data: ${JSON.stringify({ type: 'notification', position, notification, ...rest })}\n\n`;
  }
  return `${id}data: ${JSON.stringify({ type: 'notifications', position, ...rest })}\n\n`;
}
