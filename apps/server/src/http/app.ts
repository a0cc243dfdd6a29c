import express, { type Express, type RequestHandler, Router } from 'express';
import helmet from 'helmet';
import type { Addresses } from '../addresses.ts';
import { authenticate } from '../auth/authenticate.ts';
import { requireViewer } from '../auth/viewer.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import type { LiveHub } from '../live/live-hub.ts';
import { queueStreamRoute } from '../live/queue-stream.ts';
import { dashboard } from './dashboard.ts';
import { healthRoute, readinessRoutes } from './health.ts';
import { problemHandler, unknownRoute } from './problem-details.ts';
import { awaitOwnWrites } from './read-your-writes.ts';
import { requestId } from './request-id.ts';
import { logRequests } from './request-log.ts';
import { artifactRoutes } from './routes/artifacts.ts';
import { authRoutes, signInRoute } from './routes/auth.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { jobHistoryRoutes } from './routes/job-history.ts';
import { jobRoutes } from './routes/jobs.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { queueRoutes } from './routes/queue.ts';
import { uploadRoutes } from './routes/upload.ts';
import { websiteRoutes } from './routes/websites.ts';

export const apiPath = '/api/website-builder';
const maxJsonBody = '100kb';

/** Everything that is served on our own origin: the API, the sign-in page, health, and the dashboard. */
export function createApp(parts: GatewayParts, live: LiveHub): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(requestId(parts.newId), logRequests(parts), securityHeaders(parts.addresses));
  app.use(readinessRoutes(parts));
  app.use(apiPath, api(parts, live));
  app.use(signInRoute(parts));
  app.use(dashboard(parts.dashboardDir));
  app.use(unknownRoute, problemHandler(parts.log));
  return app;
}

function api(parts: GatewayParts, live: LiveHub): Router {
  const router = Router();
  router.use(artifactRoutes(parts)); // for workers, who have tokens of their own kind
  router.use(authenticate(parts), signInRequired, neverCachedByOthers);
  router.use(awaitOwnWrites(parts.readModels), express.json({ limit: maxJsonBody }));
  router.use(
    authRoutes(parts),
    healthRoute(parts),
    uploadRoutes(parts),
    queueStreamRoute(parts, live),
    queueRoutes(parts),
    notificationRoutes(parts),
    websiteRoutes(parts),
    jobHistoryRoutes(parts),
    jobRoutes(parts),
    deadLetterRoutes(parts),
    unknownRoute,
  );
  return router;
}

const signInRequired: RequestHandler = (_req, res, next) => {
  requireViewer(res);
  next();
};

/** Answers may be kept by the browser that asked, and are asked for again by their ETag. */
const neverCachedByOthers: RequestHandler = (_req, res, next) => {
  res.set({ 'Cache-Control': 'private, no-cache', Vary: 'Authorization, Cookie' });
  next();
};

function securityHeaders({ isHttps, previewUrl }: Addresses): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'", 'data:'],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        frameSrc: [previewUrl('*')],
        imgSrc: ["'self'", 'data:', 'blob:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // Component libraries set styles as they lay things out.
        styleSrc: ["'self'", "'unsafe-inline'"],
        workerSrc: ["'self'", 'blob:'],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: isHttps,
  });
}
