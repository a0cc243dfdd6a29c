import { type ClientMessage, ServerFrame } from '@yardmaster/protocol';
import { apiPath } from '../../shared/api/api.ts';
import type { LiveSocket, SocketEnd, SocketListener } from './transports.ts';

/** The code with which the server closes the connection of someone who was signed out. */
const signedOutCode = 4401;

/**
 * Opens `WS /live`. A WebSocket does not count against the six connections that a browser opens to one host by
 * HTTP/1.1, so any number of tabs can be live.
 */
export function openLiveSocket(listener: SocketListener): LiveSocket {
  const address = new URL(`${apiPath}/live`, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  let isOver = false;

  socket.addEventListener('open', () => {
    if (!isOver) listener.opened();
  });
  socket.addEventListener('message', ({ data }) => {
    if (isOver) return;
    const frame = parseFrame(data);
    if (frame === null) end('nonsense');
    else listener.frame(frame);
  });
  socket.addEventListener('close', ({ code }) => end(code === signedOutCode ? 'signed-out' : 'lost'));
  return { send, close };

  function send(message: ClientMessage): void {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function close(): void {
    isOver = true;
    socket.close();
  }

  function end(reason: SocketEnd): void {
    if (isOver) return;
    close();
    listener.ended(reason);
  }
}

function parseFrame(data: unknown): ServerFrame | null {
  try {
    const parsed = ServerFrame.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
