import type { FollowOptions, Live, LiveTopic, TopicReader } from '../../shared/live/live.ts';
import { pollTopic } from './poll-topic.ts';

/** Interim: everything by polling. */
export function createPollingLive(): Live {
  return {
    follow(topic: LiveTopic, reader: TopicReader, options: FollowOptions = {}) {
      const gone = new AbortController();
      let since = options.since ?? 0;
      const ask = async (): Promise<void> => {
        try {
          const frame = await pollTopic(topic, { since, signal: gone.signal });
          if (gone.signal.aborted) return;
          if (typeof frame.position === 'number') since = frame.position;
          if (frame.type === 'snapshot') reader.snapshot(frame);
          else reader.update(frame);
        } catch {
          // asked again
        }
        if (!gone.signal.aborted) setTimeout(() => void ask(), 1_000);
      };
      void ask();
      return () => gone.abort();
    },
    refresh() {},
  };
}
