import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import { htmlPage } from '../html-page.ts';

/** The names of built assets hold their content's hash. */
const assetLifetime = '1y';

/** The built dashboard. Every path that a person opens is one of its pages; the dashboard itself knows which. */
export function dashboard(folder: string): RequestHandler {
  const router = Router();
  const page = join(folder, 'index.html');
  const assets = join(folder, 'assets');
  router.use(
    '/assets',
    preferCompressed(assets),
    express.static(assets, { immutable: true, maxAge: assetLifetime, index: false }),
  );
  router.use(express.static(folder, { index: false, cacheControl: false, setHeaders: revalidate }));
  router.get('/{*path}', (req, res, next) => {
    if (req.accepts(['html', 'json']) !== 'html' || /\.[a-z0-9]+$/i.test(req.path)) return next();
    if (!existsSync(page)) return void res.status(503).type('html').send(notBuiltPage);
    revalidate(res);
    res.sendFile(page, { cacheControl: false });
  });
  return router;
}

/** Hands out what the build has compressed already to whoever takes it: a third of the bytes. */
function preferCompressed(folder: string): RequestHandler {
  return (req, res, next) => {
    const { path } = req;
    if (!/^\/[\w.-]+\.(js|css)$/.test(path)) return next();
    res.vary('Accept-Encoding');
    if (req.acceptsEncodings('gzip') !== 'gzip' || !existsSync(join(folder, `${path}.gz`))) return next();
    res.type(extname(path)).setHeader('Content-Encoding', 'gzip');
    req.url = `${path}.gz`;
    next();
  };
}

const revalidate = (res: { setHeader(name: string, value: string): unknown }): void => {
  res.setHeader('Cache-Control', 'no-cache');
};

const notBuiltPage = htmlPage({
  title: 'The dashboard is not built yet',
  paragraphs: [
    'Yardmaster itself is running: its API and the previews work.',
    'Stop it and run "npm start" again, which builds the dashboard.',
  ],
});
