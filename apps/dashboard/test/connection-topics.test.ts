import { describe, expect, test } from 'vitest';
import { createTopics } from '../src/features/connection/topics.ts';
import type { LiveTopic } from '../src/shared/live/live.ts';
import { frameOf, linesFrom, logFrame, readTopic } from './live-by-hand.ts';

function follow(topics: ReturnType<typeof createTopics>, topic: LiveTopic, since?: number) {
  return readTopic({ follow: topics.follow }, topic, since === undefined ? undefined : { since });
}

const numbers = (first: number, last: number) => linesFrom(first, last).map(({ n }) => n);

describe('several readers of a topic', () => {
  test('share what comes of it', () => {
    const topics = createTopics();
    const [first, second] = [follow(topics, 'queue'), follow(topics, 'queue')];
    expect(topics.wanted()).toHaveLength(1);
    topics.deliver(frameOf('queue', { type: 'snapshot' }));
    topics.deliver(frameOf('queue'));
    expect([first.kinds(), second.kinds()]).toEqual([
      ['snapshot', 'update'],
      ['snapshot', 'update'],
    ]);
    first.stop();
    topics.deliver(frameOf('queue'));
    expect([first.told.length, second.told.length]).toEqual([2, 3]);
    expect(topics.wanted()).toHaveLength(1);
    second.stop();
    expect(topics.wanted()).toHaveLength(0);
  });

  test('all take the snapshot that one who comes later needs, who is told nothing before it', () => {
    const topics = createTopics();
    const first = follow(topics, 'job:a');
    topics.deliver(frameOf('job:a', { type: 'snapshot' }));
    expect(topics.find('job:a')?.mark).toEqual({ position: '7', storeId: 'store-1' });
    const second = follow(topics, 'job:a');
    expect(topics.find('job:a')?.mark).toBeNull();
    topics.deliver(frameOf('job:a', { position: '8' }));
    topics.deliver(frameOf('job:a', { type: 'snapshot', position: '8' }));
    expect([first.kinds(), second.kinds()]).toEqual([['snapshot', 'update', 'snapshot'], ['snapshot']]);
    expect(topics.find('job:a')?.mark?.position).toBe('8');
  });

  test('of a log each get every line after their own once', () => {
    const topics = createTopics();
    const first = follow(topics, 'logs:a', 50);
    topics.deliver(logFrame('update', 51, 60));
    const second = follow(topics, 'logs:a', 20);
    expect(topics.find('logs:a')?.mark?.position).toBe(20);
    // On its way since before the second one came: its lines come again, after those that it lacks.
    topics.deliver(logFrame('update', 61, 65));
    topics.deliver(logFrame('update', 21, 66));
    expect(first.lines()).toEqual(numbers(51, 66));
    expect(second.lines()).toEqual(numbers(21, 66));
  });

  test('of a log: a newcomer’s snapshot tells those who were there only the lines that they lack', () => {
    const topics = createTopics();
    const first = follow(topics, 'logs:a', 0);
    topics.deliver(logFrame('update', 1, 10));
    const second = follow(topics, 'logs:a');
    topics.deliver(logFrame('snapshot', 1, 12));
    expect(first.kinds()).toEqual(['update', 'update']);
    expect(first.lines()).toEqual(numbers(1, 12));
    expect(second.kinds()).toEqual(['snapshot']);
  });

  test('of a log: all begin anew with a snapshot that does not follow on what they have', () => {
    const topics = createTopics();
    const reader = follow(topics, 'logs:a', 90);
    topics.deliver(logFrame('snapshot', 1, 12));
    expect(reader.kinds()).toEqual(['snapshot']);
    expect(topics.find('logs:a')?.mark?.position).toBe(12);
  });

  test('hear of a newcomer once, though hearing of it makes them listen anew', () => {
    const topics = createTopics();
    let heard = 0;
    const listen = () => {
      const stop = topics.onChange(() => {
        heard += 1;
        stop();
        listen();
      });
    };
    listen();
    follow(topics, 'queue');
    expect(heard).toBe(1);
  });
});

describe('the mark of the event stream', () => {
  test('is one that both of its topics have reached, or none', () => {
    const topics = createTopics();
    expect(topics.streamMark()).toBeNull();
    follow(topics, 'queue');
    follow(topics, 'notifications');
    topics.deliver(frameOf('queue', { type: 'snapshot', position: '7' }));
    topics.deliver(frameOf('notifications', { type: 'snapshot', position: '9' }));
    expect(topics.streamMark()).toBeNull();
    const mark = { position: '9', storeId: 'store-1' };
    topics.streamReached(mark);
    expect(topics.streamMark()).toEqual(mark);
    topics.deliver(frameOf('queue', { type: 'snapshot', position: null }));
    expect(topics.streamMark()).toBeNull();
  });
});
