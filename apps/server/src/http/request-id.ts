import type { RequestHandler } from 'express';

/** Names every request; the name is the correlation id of whatever the request sets off. */
export function requestId(newId: () => string): RequestHandler {
  return (req, res, next) => {
    const given = req.get('X-Request-Id');
    res.locals.requestId = given !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(given) ? given : newId();
    res.setHeader('X-Request-Id', res.locals.requestId);
    next();
  };
}
