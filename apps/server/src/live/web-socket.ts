import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Running } from '@yardmaster/application';
import { ClientMessage, maxTopicsPerConnection } from '@yardmaster/protocol';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { comesFromOwnPage, findViewer } from '../auth/authenticate.ts';
import type { Viewer } from '../auth/viewer.ts';
import type { GatewayParts } from '../gateway-parts.ts';
import { HttpProblem, problemBody } from '../http/problem-details.ts';
import type { LiveConnection, LiveHub } from './live-hub.ts';
import type { CloseReason, Outlet } from './outlet.ts';

const maxMessageBytes = 4_096;
const pingIntervalMs = 15_000;
/** Messages that one connection may send in the time between two pings. */
const maxMessagesPerInterval = 500;
/** How long a closed connection may take to say goodbye before it is cut. */
const closeTimeoutMs = 1_000;

/** RFC 6455 codes: 1001 going away, 1008 policy; 4401 is ours, after HTTP's 401. */
const closeCodes: Readonly<Record<CloseReason, readonly [number, string]>> = {
  'going-away': [1001, 'The server goes away.'],
  misuse: [1008, 'Too many or malformed messages.'],
  'signed-out': [4401, 'Signed out.'],
};

export interface LiveSockets extends Running {
  /** Takes over an HTTP upgrade, or refuses it with problem details. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** `WS /live`: many topics on one connection. */
export function createLiveSockets(parts: GatewayParts, hub: LiveHub): LiveSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });

  return {
    upgrade(req, socket, head) {
      const viewer = findViewer(parts, req.headers);
      const problem = refusal(req, viewer);
      if (viewer === null || problem !== null) return refuse(socket, problem);
      server.handleUpgrade(req, socket, head, (webSocket) => serve(webSocket, viewer));
    },
    async stop() {
      const closing = [...server.clients].map(
        (client) =>
          new Promise<void>((resolve) => {
            client.once('close', () => resolve());
            setTimeout(() => client.terminate(), closeTimeoutMs).unref();
            client.close(...closeCodes['going-away']);
          }),
      );
      await Promise.all(closing);
      server.close();
    },
  };

  /** A browser sends the cookie whoever's page opens the socket, and names that page in `Origin`. */
  function refusal(req: IncomingMessage, viewer: Viewer | null): HttpProblem | null {
    if (viewer === null) return new HttpProblem(401, 'not-signed-in', 'Sign in, or send an API token.');
    if (viewer.via === 'session' && !comesFromOwnPage(parts.addresses, req)) {
      return new HttpProblem(403, 'cross-site-request', 'This connection was not opened by the dashboard itself.');
    }
    return null;
  }

  function serve(webSocket: WebSocket, viewer: Viewer): void {
    const outlet = outletOf(webSocket, () => connection?.drained());
    const connection: LiveConnection | null = hub.connect(viewer, outlet);
    if (connection === null) {
      webSocket.close(1008, 'Too many connections.');
      return;
    }
    let isAlive = true;
    let messages = 0;
    const heartbeat = setInterval(() => {
      if (!isAlive) return webSocket.terminate();
      if (!connection.isStillSignedIn()) return outlet.close('signed-out');
      isAlive = false;
      messages = 0;
      webSocket.ping();
    }, pingIntervalMs);
    webSocket.on('pong', () => {
      isAlive = true;
    });
    webSocket.on('message', (data, isBinary) => {
      messages += 1;
      const message = isBinary || messages > maxMessagesPerInterval ? null : parseMessage(data);
      if (message === null || !obey(connection, message)) outlet.close('misuse');
    });
    webSocket.on('error', (error) => parts.log.info({ reason: error.message }, 'live connection broke'));
    webSocket.on('close', () => {
      clearInterval(heartbeat);
      connection.end();
    });
  }
}

/** False when the client follows more topics than it may. */
function obey(connection: LiveConnection, message: ClientMessage): boolean {
  switch (message.type) {
    case 'subscribe': {
      if (connection.topics >= maxTopicsPerConnection) return false;
      const { topic, since, storeId } = message;
      connection.subscribe(topic, { since, storeId });
      return true;
    }
    case 'unsubscribe':
      connection.unsubscribe(message.topic);
      return true;
    case 'ping':
      connection.pong();
      return true;
    default:
      return message satisfies never;
  }
}

function parseMessage(data: RawData): ClientMessage | null {
  try {
    const parsed = ClientMessage.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function outletOf(webSocket: WebSocket, drained: () => void): Outlet {
  return {
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    send(frame) {
      if (webSocket.readyState !== webSocket.OPEN) return;
      webSocket.send(JSON.stringify(frame), () => {
        if (webSocket.bufferedAmount === 0) drained();
      });
    },
    close: (reason) => webSocket.close(...closeCodes[reason]),
  };
}

export function refuse(socket: Duplex, problem: HttpProblem | null): void {
  const { status, ...body } = problemBody(problem ?? new HttpProblem(404, 'not-found', 'There is nothing here.'));
  const text = JSON.stringify({ ...body, status });
  socket.on('error', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}
