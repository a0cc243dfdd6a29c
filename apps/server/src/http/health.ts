import { Router } from 'express';
import type { GatewayParts } from '../gateway-parts.ts';

/**
 * `/healthz`: the process is alive. `/readyz`: it serves requests (200), or it does not (503, `unavailable`), at this
 * very moment. What it serves is `degraded` while builds cannot run (uploads are taken in and wait), while the disk is
 * full, and while the event store does not work: everything is shown as it was then, previews are served, and what would
 * change anything is refused.
 */
export function readinessRoutes({ health }: Pick<GatewayParts, 'health'>): Router {
  const router = Router();

  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });

  router.get('/readyz', async (_req, res) => {
    const { status, problems, server, store, messagingConnected, workers } = await health.look();
    const isBehind = problems.some(({ code }) => code === 'read-models-behind');
    res
      .status(status === 'unavailable' ? 503 : 200)
      .set('Cache-Control', 'no-store')
      .json({
        status,
        store: { ok: 'ok', fails: 'failing', away: 'unreachable' }[store.state],
        ...(store.state === 'away' ? { reason: `The event store cannot be reached: ${store.reason}.` } : {}),
        projections: isBehind ? 'behind' : 'ok',
        nats: messagingConnected ? 'connected' : 'disconnected',
        workers,
        server,
        problems,
      });
  });

  return router;
}

/** `GET /health`: what everybody who is signed in is told, the same as on the live topic. */
export function healthRoute({ health }: Pick<GatewayParts, 'health'>): Router {
  const router = Router();
  router.get('/health', (_req, res) => {
    res.json(health.told());
  });
  return router;
}
