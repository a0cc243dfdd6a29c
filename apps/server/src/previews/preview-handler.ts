import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import {
  type ArtifactStore,
  type Clock,
  EventStoreUnavailable,
  type Log,
  type Outage,
  type ReadModels,
} from '@yardmaster/application';
import send from 'send';
import { asProblem, problemBody } from '../http/problem-details.ts';
import { missingFilePage, unknownPreviewPage } from './pages.ts';

export interface PreviewParts {
  readonly readModels: ReadModels;
  readonly artifacts: ArtifactStore;
  readonly storeOutage: () => Outage | null;
  readonly clock: Clock;
  readonly log: Log;
}

/** A build's own label ends in its number, which a website's label never does. */
const isBuildLabel = (label: string): boolean => /-\d+$/.test(label);

/** How `send` calls what is not there: a path it cannot read, one it will not serve, one without a file. */
const noSuchFile: ReadonlySet<number> = new Set([400, 403, 404]);

const yearMs = 365 * 24 * 3_600_000;
const minuteMs = 60_000;

/**
 * Serves the published output of builds, each on a host of its own: another origin than the dashboard's, so it gets no
 * cookie and needs no sign-in. Nothing but the files of the one artifact can be reached.
 *
 * A page is asked for again every time, by its ETag. What it loads never changes under a build's own name and may be kept
 * for a year; under a website's name, which shows the newest good build, for a minute.
 */
export function createPreviewHandler({ readModels, artifacts, storeOutage, clock, log }: PreviewParts) {
  return async (req: IncomingMessage, res: ServerResponse, label: string): Promise<void> => {
    res.setHeader('X-Content-Type-Options', 'nosniff');
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('Allow', 'GET, HEAD');
      return sendPage(req, res, 405, missingFilePage);
    }
    const preview = readModels.previewByLabel(label, clock.now().toISOString());
    const root = preview === null ? null : await artifacts.path(preview.artifactId);
    if (preview === null || root === null) {
      return storeOutage() === null ? sendPage(req, res, 404, unknownPreviewPage) : sendUnknownYet(req, res);
    }

    const path = pathOf(req);
    if (path === null) return sendPage(req, res, 404, missingFilePage);
    // A file's times say when it was published here, not what is in it; the artifact does.
    res.setHeader('ETag', `"${preview.artifactId}"`);
    const maxAge = isBuildLabel(label) ? yearMs : minuteMs;
    const fallBack = preview.spa && extname(path) === '';
    if (await sendFile(path)) return;
    if (fallBack && (await sendFile('/index.html'))) return;
    sendPage(req, res, 404, missingFilePage);

    /** False when there is no such file. */
    function sendFile(file: string): Promise<boolean> {
      return new Promise((resolve) => {
        res.once('close', () => resolve(true));
        send(req, file, { root: root ?? '', dotfiles: 'allow', lastModified: false, cacheControl: false })
          .on('headers', (_res, served: string) => res.setHeader('Cache-Control', cacheControl(served, maxAge)))
          .on('error', (error: { readonly status?: number }) => {
            if (noSuchFile.has(error.status ?? 500)) return resolve(false);
            if ((error.status ?? 500) >= 500) log.error({ error, label }, 'preview file could not be sent');
            res.statusCode = error.status ?? 500;
            res.end();
          })
          .pipe(res);
      });
    }
  };
}

/** The decoded path; null for what is never served: hidden files, except the well-known ones. */
function pathOf(req: IncomingMessage): string | null {
  let path: string;
  try {
    path = decodeURIComponent((req.url ?? '/').split(/[?#]/, 1)[0] ?? '/');
  } catch {
    return null;
  }
  const hidden = path.split('/').some((segment) => segment.startsWith('.') && segment !== '.well-known');
  // Encoded again, because `send` takes a URL and not a path.
  return hidden ? null : encodeURI(path).replaceAll('#', '%23').replaceAll('?', '%3F');
}

const cacheControl = (file: string, maxAgeMs: number): string =>
  file.endsWith('.html')
    ? 'public, no-cache'
    : `public, max-age=${maxAgeMs / 1_000}${maxAgeMs === yearMs ? ', immutable' : ''}`;

/** A preview may have begun that will be heard of when the event store is back. The worker that checks it goes by this. */
function sendUnknownYet(req: IncomingMessage, res: ServerResponse): void {
  const problem = asProblem(new EventStoreUnavailable());
  res.writeHead(problem.status, {
    ...problem.headers,
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
  });
  res.end(req.method === 'HEAD' ? undefined : JSON.stringify(problemBody(problem)));
}

function sendPage(req: IncomingMessage, res: ServerResponse, status: number, html: string): void {
  res.removeHeader('ETag');
  res.statusCode = status;
  res.setHeader('Content-Type', 'text/html; charset=utf-8');
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
  res.end(req.method === 'HEAD' ? undefined : html);
}
