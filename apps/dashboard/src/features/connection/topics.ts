import type { ServerFrame } from '@yardmaster/protocol';
import type { FollowOptions, Live, LiveTopic, TopicReader } from '../../shared/live/live.ts';
import type { Mark, WantedTopic } from './transports.ts';

export interface TopicChange {
  readonly type: 'followed' | 'left';
  readonly topic: LiveTopic;
}

/** Who reads what, and how far each was told, whichever way the frames come. */
export interface Topics {
  readonly follow: Live['follow'];
  /** What the server is to be asked for. */
  wanted(): readonly WantedTopic[];
  find(topic: LiveTopic): WantedTopic | null;
  /** Hands a frame to the readers of its topic; one that nobody reads any more is dropped. */
  deliver(frame: ServerFrame): void;
  /** The one mark up to which the topics of the event stream were told, or null when it has to begin anew. */
  streamMark(): Mark | null;
  /** The topics of the event stream were told everything up to here. */
  streamReached(mark: Mark | null): void;
  /** Everybody needs a snapshot. */
  forgetMarks(): void;
  /** Frames of earlier subscriptions can come no more. */
  begin(): void;
  onChange(listener: (change: TopicChange) => void): () => void;
}

/** Server-sent events carry these, together. */
const streamTopics: ReadonlySet<string> = new Set<LiveTopic>(['queue', 'notifications']);

export const isStreamTopic = (topic: string): boolean => streamTopics.has(topic);

interface Follower {
  readonly reader: TopicReader;
  /** Before its snapshot a reader is told nothing. */
  hasBegun: boolean;
  /** Of a log: the last line that it was told. */
  line: number;
  /** It came while the topic was followed already: frames of the earlier subscription may be ahead of it. */
  isJoining: boolean;
}

interface Entry {
  readonly topic: LiveTopic;
  readonly followers: Set<Follower>;
  mark: Mark | null;
  revision: number | null;
  isRefused: boolean;
}

export function createTopics(): Topics {
  const entries = new Map<LiveTopic, Entry>();
  const listeners = new Set<(change: TopicChange) => void>();
  const streamed = () => [...entries.values()].filter(({ topic, isRefused }) => isStreamTopic(topic) && !isRefused);

  return {
    follow(topic, reader, { since }: FollowOptions = {}) {
      const entry = entries.get(topic) ?? newEntry(topic);
      entries.set(topic, entry);
      const isJoining = entry.followers.size > 0;
      const follower = { reader, hasBegun: isLog(topic) && since !== undefined, line: since ?? 0, isJoining };
      entry.followers.add(follower);
      entry.isRefused = false;
      tell({ type: 'followed', topic });
      return () => {
        if (!entry.followers.delete(follower) || entry.followers.size > 0) return;
        entries.delete(topic);
        tell({ type: 'left', topic });
      };
    },
    wanted: () => [...entries.values()].filter(({ isRefused }) => !isRefused).map(wantedOf),
    find(topic) {
      const entry = entries.get(topic);
      return entry === undefined || entry.isRefused ? null : wantedOf(entry);
    },
    deliver(frame) {
      const entry = entries.get(frame.topic as LiveTopic); // any other is in no entry
      if (entry !== undefined) deliverTo(entry, frame);
    },
    streamMark() {
      const [first = null, ...others] = streamed().map((entry) => wantedOf(entry).mark);
      return first !== null && others.every((mark) => isSameMark(mark, first)) ? first : null;
    },
    streamReached(mark) {
      for (const entry of streamed()) entry.mark = mark;
    },
    forgetMarks() {
      for (const { followers } of entries.values()) for (const follower of followers) follower.hasBegun = false;
    },
    begin() {
      for (const { followers } of entries.values()) for (const follower of followers) follower.isJoining = false;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };

  function tell(change: TopicChange): void {
    // A listener may take itself off and put another on.
    for (const listener of [...listeners]) if (listeners.has(listener)) listener(change);
  }
}

const isLog = (topic: LiveTopic): boolean => topic.startsWith('logs:');

const isSameMark = (a: Mark | null, b: Mark): boolean => a?.position === b.position && a.storeId === b.storeId;

const newEntry = (topic: LiveTopic): Entry => ({
  topic,
  followers: new Set(),
  mark: null,
  revision: null,
  isRefused: false,
});

/** Goes on where the one that was told least is. */
function wantedOf({ topic, followers, mark, revision }: Entry): WantedTopic {
  const all = [...followers];
  if (!all.every(({ hasBegun }) => hasBegun)) return { topic, mark: null, revision: null };
  if (!isLog(topic)) return { topic, mark, revision };
  return { topic, mark: { position: Math.min(...all.map(({ line }) => line)), storeId: '' }, revision: null };
}

function deliverTo(entry: Entry, frame: ServerFrame): void {
  if (frame.type === 'error') {
    entry.isRefused = true;
    for (const { reader } of entry.followers) reader.refused?.(frame);
    return;
  }
  entry.mark = frame.position === null ? null : { position: frame.position, storeId: frame.storeId };
  entry.revision = frame.job?.revision ?? entry.revision;
  for (const follower of entry.followers) {
    if (isLog(entry.topic)) tellLines(follower, frame);
    else tellState(follower, frame);
  }
}

function tellState(follower: Follower, frame: ServerFrame): void {
  if (frame.type === 'snapshot') {
    follower.hasBegun = true;
    follower.reader.snapshot(frame);
  } else if (follower.hasBegun) {
    follower.reader.update(frame);
  }
}

/**
 * Tells a reader of a log the lines that it does not have, so that it gets each once although readers of one log may
 * have come at different lines, and the frames by different ways.
 */
function tellLines(follower: Follower, frame: ServerFrame): void {
  const { reader, line, hasBegun, isJoining } = follower;
  const lines = frame.lines ?? [];
  const end = lines.at(-1)?.n ?? Number(frame.position ?? 0);
  const followsOn = (lines[0]?.n ?? end + 1) <= line + 1;
  if (frame.type === 'snapshot' && !(hasBegun && followsOn && line <= end)) {
    Object.assign(follower, { hasBegun: true, isJoining: false, line: end });
    reader.snapshot(frame);
    return;
  }
  if (!hasBegun || (isJoining && !followsOn)) return;
  follower.isJoining = false;
  const unseen = lines.filter(({ n }) => n > line);
  if (unseen.length === 0) return;
  follower.line = end;
  reader.update({ ...frame, type: 'update', lines: unseen });
}
