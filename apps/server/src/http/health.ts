import { Router } from 'express';
import type { GatewayParts } from '../gateway-parts.ts';

/** How long the store may take to answer before it counts as not reachable. */
const storeTimeoutMs = 2_000;

/**
 * `/healthz`: the process is alive. `/readyz`: it serves requests (200), or it does not (503, `unavailable`). What it
 * serves is `degraded` while builds cannot run (uploads are taken in and wait), and while the server of the event store
 * cannot be reached: everything is shown as it was then, previews are served, and what would change anything is refused.
 */
export function healthRoutes({ store, storeOutage, readModels, messaging, fleet }: GatewayParts): Router {
  const router = Router();

  router.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });

  router.get('/readyz', async (_req, res) => {
    const [storeOk, projectionsOk] = await checkStore();
    const outage = storeOutage();
    const workers = { online: fleet.workers(), slots: fleet.liveSlots() };
    const serves = (storeOk || outage !== null) && projectionsOk;
    const buildsRun = storeOk && messaging.connected && workers.slots > 0;
    const status = !serves ? 'unavailable' : buildsRun ? 'ready' : 'degraded';
    res
      .status(serves ? 200 : 503)
      .set('Cache-Control', 'no-store')
      .json({
        status,
        store: storeOk ? 'ok' : 'unreachable',
        ...(outage === null ? {} : { reason: `The event store cannot be reached: ${outage.reason}.` }),
        projections: projectionsOk ? 'ok' : 'behind',
        nats: messaging.connected ? 'connected' : 'disconnected',
        workers,
      });
  });

  return router;

  /** Whether the store answers, and whether the read models show what it had when asked, or had before it went away. */
  async function checkStore(): Promise<readonly [boolean, boolean]> {
    if (storeOutage() !== null) return [false, true];
    const timeout = AbortSignal.timeout(storeTimeoutMs);
    const late = new Promise<never>((_resolve, reject) => {
      timeout.addEventListener('abort', () => reject(timeout.reason), { once: true });
    });
    try {
      const last = await Promise.race([store.lastPosition(), late]);
      return [true, last === null || (await readModels.waitFor(last, { timeoutMs: storeTimeoutMs }))];
    } catch {
      return [false, storeOutage() !== null];
    }
  }
}
