import type { Clock, Log } from '@yardmaster/application';
import type { RequestHandler } from 'express';

/** Logs every change and every server error. Reads are too many; queries and headers may hold secrets. */
export function logRequests({ log, clock }: { readonly log: Log; readonly clock: Clock }): RequestHandler {
  return (req, res, next) => {
    const { method, path } = req;
    const startedAtMs = clock.monotonicMs();
    res.on('finish', () => {
      const isRead = method === 'GET' || method === 'HEAD';
      if (isRead && res.statusCode < 500) return;
      const durationMs = Math.round(clock.monotonicMs() - startedAtMs);
      log.info({ requestId: res.locals.requestId, method, path, status: res.statusCode, durationMs }, 'request');
    });
    next();
  };
}
