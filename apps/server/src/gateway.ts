import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Running } from '@yardmaster/application';
import type { JobId } from '@yardmaster/domain';
import type { GatewayParts } from './gateway-parts.ts';
import { apiPath, createApp } from './http/app.ts';
import type { Handlers } from './listener.ts';
import { createLiveHub } from './live/live-hub.ts';
import { createLiveSockets, refuse } from './live/web-socket.ts';
import { createPreviewHandler } from './previews/preview-handler.ts';

export interface Gateway extends Running {
  readonly handlers: Handlers;
  /** To be called when lines of a build's log have been stored. */
  linesAppended(jobId: JobId): void;
}

/**
 * The gateway role: HTTP, live connections and previews on one port. Previews have hosts of their own and never reach
 * the API. `stop` ends the live connections; the listener is whoever's who started it.
 */
export function createGateway(parts: GatewayParts): Gateway {
  const { addresses, log } = parts;
  const hub = createLiveHub(parts);
  const sockets = createLiveSockets(parts, hub);
  const app = createApp(parts, hub);
  const servePreview = createPreviewHandler(parts);

  return {
    handlers: {
      request(req, res) {
        // Whoever names the version they have wants a 304 for it; `fetch` adds "no-cache" all the same, for caches.
        if (req.headers['if-none-match'] !== undefined) delete req.headers['cache-control'];
        const label = addresses.previewLabel(req.headers.host);
        if (label === null) return void app(req, res);
        servePreview(req, res, label).catch((error) => failPreview(error, res));
      },
      upgrade(req, socket, head) {
        const isLive = addresses.previewLabel(req.headers.host) === null && pathOf(req) === `${apiPath}/live`;
        if (isLive) sockets.upgrade(req, socket, head);
        else refuse(socket, null);
      },
    },
    linesAppended: (jobId) => hub.linesAppended(jobId),
    async stop() {
      await hub.stop();
      await sockets.stop();
    },
  };

  function failPreview(error: unknown, res: ServerResponse): void {
    log.error({ error }, 'preview failed');
    if (res.headersSent) res.destroy();
    else res.writeHead(500, { 'Content-Type': 'text/plain' }).end('The preview cannot be shown at the moment.\n');
  }
}

const pathOf = ({ url = '/' }: IncomingMessage): string => url.split('?', 1)[0] ?? '/';
