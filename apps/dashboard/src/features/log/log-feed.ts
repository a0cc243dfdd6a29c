import { type LogPage, maxLogPageLines, type ServerFrame } from '@yardmaster/protocol';
import { type LogQuery, type Trouble, troubleOf, unreachable } from '../../shared/api/api.ts';
import type { Live } from '../../shared/live/live.ts';
import type { LogHole, LogStore } from './log-store.ts';

export interface LogFeedParts {
  readonly jobId: string;
  readonly store: LogStore;
  readonly live: Pick<Live, 'follow'>;
  readonly fetchLines: (jobId: string, query: LogQuery, signal: AbortSignal) => Promise<LogPage>;
  /** Resolves when it is time for the next try; rejects when the signal aborts. */
  readonly pause: (delayMs: number, signal: AbortSignal) => Promise<void>;
}

/** Lines that are missing are asked for again after these pauses; then somebody has to ask for it. */
export const retryDelaysMs = [1_000, 2_000, 4_000, 8_000] as const;

/** The server reads one page while the browser takes in another. */
const pagesAtOnce = 3;

export interface LogFeed {
  /** Tries again to get what is missing. */
  retry(): void;
  stop(): void;
}

/**
 * Fills a store with the log of a build: what there is by pages, and what comes live. The live connection begins where
 * the first page says that the log ends now. Whatever is missing between lines, for whatever reason, is asked for.
 */
export function startLogFeed({ jobId, store, live, fetchLines, pause }: LogFeedParts): LogFeed {
  const gone = new AbortController();
  const { signal } = gone;
  let unfollow: (() => void) | null = null;
  let isFilling = false;
  let failure: Trouble | null = null;
  void fill();

  const take = ({ lines = [] }: ServerFrame): void => {
    store.add(lines);
    // Where the server could not be reached it can be now; what it refuses it would refuse again.
    if (failure === null || failure.code === unreachable.code) void fill();
  };

  return {
    retry: () => void fill(),
    stop() {
      gone.abort();
      unfollow?.();
    },
  };

  async function fill(): Promise<void> {
    if (isFilling) return;
    isFilling = true;
    try {
      if (unfollow === null) await begin();
      for (let hole = store.hole(); hole !== null; hole = store.hole()) await fillFrom(hole);
      failTo(null);
    } catch (error) {
      if (!signal.aborted) failTo(troubleOf(error));
    } finally {
      isFilling = false;
    }
  }

  async function begin(): Promise<void> {
    const page = await pageAfter(0, maxLogPageLines);
    signal.throwIfAborted();
    store.add(page.lines);
    store.expect(page.total);
    unfollow = live.follow(`logs:${jobId}`, { snapshot: take, update: take, refused }, { since: page.total });
  }

  /** Where the end of the log is missing it comes first, since that is where people look. */
  async function fillFrom({ after, upTo, isAtEnd }: LogHole): Promise<void> {
    if (isAtEnd) return fillPage(Math.max(after, upTo - maxLogPageLines), upTo);
    const pages = Array.from({ length: pagesAtOnce }, (_, page) => after + page * maxLogPageLines);
    await Promise.all(pages.filter((from) => from < upTo).map((from) => fillPage(from, upTo)));
  }

  async function fillPage(from: number, upTo: number): Promise<void> {
    const limit = Math.min(upTo - from, maxLogPageLines);
    const { lines } = await pageAfter(from, limit);
    store.add(lines);
    const answeredTo = lines.length < limit ? from + limit : (lines.at(-1)?.n ?? from);
    store.giveUp({ after: from, upTo: answeredTo });
  }

  async function pageAfter(after: number, limit: number): Promise<LogPage> {
    for (const delayMs of retryDelaysMs) {
      try {
        return await fetchLines(jobId, { after, limit }, signal);
      } catch (error) {
        if (signal.aborted || troubleOf(error).code !== unreachable.code) throw error;
        await pause(delayMs, signal);
      }
    }
    return await fetchLines(jobId, { after, limit }, signal);
  }

  function refused({ code = 'refused', message = 'There is no such build.' }: ServerFrame): void {
    // Nothing more will come of it: another try has to follow anew.
    unfollow?.();
    unfollow = null;
    failTo({ code, message, hint: null });
  }

  function failTo(trouble: Trouble | null): void {
    failure = trouble;
    store.fail(trouble);
  }
}
