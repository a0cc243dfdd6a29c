import { apiPath } from '../../shared/api/api.ts';
import { framesOf, StreamMessage } from './stream-message.ts';
import type { Mark, StreamListener } from './transports.ts';

/** A message that is longer than this is none of ours. */
const maxMessageChars = 16 * 1024 * 1024;

/**
 * Opens `GET /user/queue/stream`: the queue and the notifications as server-sent events. It is read by `fetch`, since an
 * `EventSource` tells its page neither why it was refused nor the signs of life between the events.
 *
 * By HTTP/1.1 it takes one of the six connections that a browser opens to one host, in all tabs together. That is why it
 * comes second: where it finds none free it does not open in time, counts as failed, and asking takes over.
 */
export function openEventStream(mark: Mark | null, listener: StreamListener): () => void {
  const gone = new AbortController();
  read().then(
    () => end('lost'),
    () => end('lost'),
  );
  return () => gone.abort();

  async function read(): Promise<void> {
    const resume = mark === null ? [] : Object.entries({ lastEventId: String(mark.position), storeId: mark.storeId });
    const address = `${apiPath}/user/queue/stream?${new URLSearchParams(resume)}`;
    const response = await fetch(address, { headers: { Accept: 'text/event-stream' }, signal: gone.signal });
    if (response.status === 401) return end('signed-out');
    if (!isEventStream(response) || response.body === null) return;
    listener.opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    const parse = createParser(mark?.storeId ?? '');
    for (;;) {
      const { done, value } = await reader.read();
      if (done || gone.signal.aborted) return;
      listener.heard();
      for (const { message, storeId } of parse(value)) {
        if (gone.signal.aborted) return;
        const { position } = message;
        listener.frames(framesOf(message, storeId), position === null ? null : { position, storeId });
      }
    }
  }

  function end(reason: 'lost' | 'signed-out'): void {
    if (gone.signal.aborted) return;
    gone.abort();
    listener.ended(reason);
  }
}

function isEventStream({ ok, headers }: Response): boolean {
  return ok && (headers.get('Content-Type') ?? '').startsWith('text/event-stream');
}

const dataField = 'data: ';

/**
 * Takes the text as it comes and gives the messages that are whole; throws on what is no message of ours. The pieces of
 * a line are joined once, at its end: a snapshot may come in thousands of them.
 */
export function createParser(knownStoreId: string) {
  let storeId = knownStoreId;
  let pieces: string[] = [];
  let data: string | null = null;
  let messageChars = 0;
  return (chunk: string): readonly { readonly message: StreamMessage; readonly storeId: string }[] => {
    const messages: { readonly message: StreamMessage; readonly storeId: string }[] = [];
    for (const [index, piece] of chunk.split('\n').entries()) {
      const message = index > 0 ? endLine() : null;
      if (message !== null) messages.push({ message, storeId });
      pieces.push(piece);
      messageChars += piece.length;
      if (messageChars > maxMessageChars) throw new Error('A message of the event stream is too long.');
    }
    return messages;
  };

  /** Every message has its data in one line, and ends with an empty one. */
  function endLine(): StreamMessage | null {
    const line = pieces.join('');
    pieces = [];
    if (line.startsWith(dataField)) data = line.slice(dataField.length);
    if (line !== '') return null;
    const whole = data;
    [data, messageChars] = [null, 0];
    if (whole === null) return null;
    const message = StreamMessage.parse(JSON.parse(whole));
    // Only a snapshot names the store: what follows it, or a mark, is of the same.
    if (message.type === 'snapshot') storeId = message.storeId;
    return message;
  }
}
