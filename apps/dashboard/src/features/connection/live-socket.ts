import { ServerFrame } from '@yardmaster/protocol';
import { apiPath } from '../../shared/api/api.ts';

/** Where the last frame left off; what resuming needs. */
export interface Mark {
  readonly position: string;
  readonly storeId: string;
}

/** Why the socket ended. `resumable` is false when what was received so far is no good starting point any more. */
export type SocketEnd = { readonly kind: 'lost'; readonly resumable: boolean } | { readonly kind: 'signed-out' };

export interface SocketListener {
  readonly opened: () => void;
  readonly frame: (frame: ServerFrame) => void;
  /** Called once; nothing comes after it. */
  readonly ended: (end: SocketEnd) => void;
}

/** The code with which the server closes the connection of someone who was signed out. */
const signedOutCode = 4401;

/** Opens `WS /live`, follows the topic `queue` from `mark` on, and returns how to close it. */
export function openLiveSocket(mark: Mark | null, listener: SocketListener): () => void {
  const address = new URL(`${apiPath}/live`, location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  const socket = new WebSocket(address);
  let isOver = false;

  socket.addEventListener('open', () => {
    if (isOver) return;
    const since = mark === null ? {} : { since: mark.position, storeId: mark.storeId };
    socket.send(JSON.stringify({ type: 'subscribe', topic: 'queue', ...since }));
    listener.opened();
  });
  socket.addEventListener('message', ({ data }) => {
    if (isOver) return;
    const frame = parseFrame(data);
    if (frame === null || frame.type === 'error') return end({ kind: 'lost', resumable: false });
    listener.frame(frame);
  });
  socket.addEventListener('close', ({ code }) =>
    end(code === signedOutCode ? { kind: 'signed-out' } : { kind: 'lost', resumable: true }),
  );
  return close;

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
