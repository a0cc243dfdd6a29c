import { describe, expect, test } from 'vitest';
import { createParser } from '../src/features/connection/event-stream.ts';
import { framesOf } from '../src/features/connection/stream-message.ts';
import { jobSummary } from './job-summary.ts';

const event = (data: unknown) => `id: 7\ndata: ${JSON.stringify(data)}\n\n`;
const snapshot = { type: 'snapshot', position: '7', storeId: 'store-1', jobs: [], notifications: [], unreadCount: 0 };
const update = { type: 'job_update', position: '8', jobUpdate: jobSummary({ id: 'a' }) };

describe('the text of an event stream', () => {
  test('gives its messages, however it is cut into pieces', () => {
    const text = `retry: 2000\n\n${event(snapshot)}: still here\n\n${event(update)}`;
    for (const size of [1, 7, text.length]) {
      const parse = createParser('');
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const messages = pieces.flatMap((piece) => parse(piece));
      expect(messages.map(({ message, storeId }) => [message.type, storeId])).toEqual([
        ['snapshot', 'store-1'],
        ['job_update', 'store-1'],
      ]);
    }
  });

  test('goes on in the store that it was resumed in', () => {
    expect(createParser('store-9')(event(update))[0]?.storeId).toBe('store-9');
  });

  test('is refused when it holds anything else', () => {
    expect(() => createParser('')(event({ type: 'surprise' }))).toThrow();
    expect(() => createParser('')('data: no json\n\n')).toThrow();
  });

  test('is refused when a message has no end', () => {
    const parse = createParser('');
    const piece = 'x'.repeat(1024 * 1024);
    expect(() => {
      for (let pieces = 0; pieces < 100; pieces += 1) parse(piece);
    }).toThrow('too long');
  });

  test('is taken in however small the pieces of a large message are, each only once', () => {
    // Joined again with every piece this would take minutes, and the test would run out of time.
    const parse = createParser('');
    const piece = 'x'.repeat(256);
    parse(': ');
    for (let pieces = 0; pieces < 40_000; pieces += 1) parse(piece);
    expect(parse(`\n\n${event(update)}`)).toHaveLength(1);
  });
});

test('a snapshot of the stream is one of each topic, with one position', () => {
  const [{ message } = { message: null }] = createParser('')(event(snapshot));
  if (message === null) throw new Error('there is a message');
  expect(framesOf(message, 'store-1')).toMatchObject([
    { topic: 'queue', type: 'snapshot', position: '7', jobs: [] },
    { topic: 'notifications', type: 'snapshot', position: '7', notifications: [], unreadCount: 0 },
  ]);
});
