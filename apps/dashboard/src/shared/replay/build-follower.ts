import type { EventView, JobSummary, ServerFrame } from '@yardmaster/protocol';
import type { Live } from '../live/live.ts';
import { continueReplay, emptyReplay, eventCount, joins, type Replay } from './replay-build.ts';

/** A build with its whole history, as far as it is known by now. */
export type FollowedBuild =
  | { readonly status: 'loading' }
  | { readonly status: 'refused' }
  | { readonly status: 'known'; readonly job: JobSummary; readonly replay: Replay };

/** The whole of a build, as the server answers when it is asked. */
export interface WholeBuild {
  readonly job: JobSummary;
  readonly events: readonly EventView[];
}

export interface BuildFollowerParts {
  readonly live: Live;
  readonly jobId: string;
  readonly fetchBuild: (signal: AbortSignal) => Promise<WholeBuild>;
  /** Calls back before the next picture is painted; returns how to call it off. */
  readonly beforeNextPaint: (callback: () => void) => () => void;
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
}

/** An external store for React: one build, followed for as long as somebody subscribes. */
export interface BuildFollower {
  readonly subscribe: (listener: () => void) => () => void;
  /** Stays the same object until something changed. */
  readonly view: () => FollowedBuild;
}

/** How long until a whole build that could not be had, or was of no use, is asked for again; doubles each time… */
export const askAgainAfterMs = 2_000;
/** …up to this. */
export const askAgainAtMostMs = 30_000;
/** Frames that may wait for the next paint or for an answer; with more, the build is asked for as a whole. */
export const maxWaitingFrames = 2_000;

/**
 * Follows one build and replays its history outside of React, so that every event is replayed once, and readers are told
 * at most once per painted picture. What arrives is believed only where it joins the history that is there: a snapshot
 * of another history (the server was given another store) replaces it, and for everything else that does not fit (a
 * hole, another event at a known revision, a snapshot with less) the whole build is asked for.
 */
export function createBuildFollower(parts: BuildFollowerParts): BuildFollower {
  const listeners = new Set<() => void>();
  let view: FollowedBuild = { status: 'loading' };
  let waiting: ServerFrame[] = [];
  let stopFollowing: (() => void) | null = null;
  let callOffPaint: (() => void) | null = null;
  let callOffAsking: (() => void) | null = null;
  /** How often in a row it was asked for, without an event since that joined what is there. */
  let asked = 0;

  return {
    subscribe(listener) {
      listeners.add(listener);
      if (stopFollowing === null) start();
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      };
    },
    view: () => view,
  };

  function start(): void {
    stopFollowing = parts.live.follow(`job:${parts.jobId}`, { snapshot: receive, update: receive, refused });
  }

  function stop(): void {
    stopFollowing?.();
    stopFollowing = null;
    forgetWaiting();
  }

  function forgetWaiting(): void {
    callOffPaint?.();
    callOffAsking?.();
    [callOffPaint, callOffAsking, waiting, asked] = [null, null, [], 0];
  }

  function refused(): void {
    forgetWaiting();
    show({ status: 'refused' });
  }

  function receive(frame: ServerFrame): void {
    waiting.push(frame);
    if (callOffAsking !== null) waiting = waiting.slice(-maxWaitingFrames);
    else if (waiting.length > maxWaitingFrames) takeWaiting();
    else callOffPaint ??= parts.beforeNextPaint(takeWaiting);
  }

  function takeWaiting(): void {
    callOffPaint?.();
    callOffPaint = null;
    const saysMore = waiting.some(({ events = [] }) => events.length > 0);
    if (!settle(view)) askSoon();
    else if (saysMore) asked = 0;
  }

  /** Takes in the frames that wait; false when one does not fit, which then waits on with those after it. */
  function settle(from: FollowedBuild): boolean {
    let next = from;
    const misfit = waiting.findIndex((frame) => {
      const taken = withFrame(next, frame);
      next = taken ?? next;
      return taken === null;
    });
    waiting = misfit === -1 ? [] : waiting.slice(misfit);
    show(next);
    return misfit === -1;
  }

  /** At once when the last time was of use. */
  function askSoon(): void {
    if (asked === 0) ask();
    else callOffAsking = parts.setTimer(ask, Math.min(askAgainAtMostMs, askAgainAfterMs * 2 ** (asked - 1)));
  }

  function ask(): void {
    asked += 1;
    const abort = new AbortController();
    callOffAsking = () => abort.abort();
    parts.fetchBuild(abort.signal).then(
      (whole) => {
        if (abort.signal.aborted) return;
        callOffAsking = null;
        waiting = waiting.filter((frame) => saysMoreThan(whole.events.length, frame));
        if (!settle(withWhole(view, whole))) askSoon();
      },
      () => {
        if (!abort.signal.aborted) askSoon();
      },
    );
  }

  function show(next: FollowedBuild): void {
    if (next === view) return;
    view = next;
    for (const listener of listeners) listener();
  }
}

/** `before` and what a frame says; null when it does not fit. */
function withFrame(before: FollowedBuild, { type, job, events = [] }: ServerFrame): FollowedBuild | null {
  if (job === undefined) return before;
  const replay = before.status === 'known' ? before.replay : emptyReplay;
  const isWhole = type === 'snapshot' && joins(emptyReplay, events);
  if (!joins(replay, events)) return isWhole ? withWhole(before, { job, events }) : null;
  if (isWhole ? events.length < eventCount(replay) : before.status !== 'known') return null;
  return { status: 'known', job: newest(before, job), replay: continueReplay(replay, events) };
}

/** What the server says a build is; moments that were replayed already are kept where its history is the same. */
function withWhole(before: FollowedBuild, { job, events }: WholeBuild): FollowedBuild {
  const known = before.status === 'known' ? before.replay : emptyReplay;
  const goesOn = joins(known, events) && events.length >= eventCount(known);
  return { status: 'known', job, replay: continueReplay(goesOn ? known : emptyReplay, events) };
}

/** Whether a frame has something that the whole build, asked for after it came, has not. */
function saysMoreThan(eventCount: number, { type, events = [] }: ServerFrame): boolean {
  if (type === 'snapshot') return events.length >= eventCount;
  const last = events.at(-1);
  return last === undefined || last.revision >= eventCount;
}

/** What comes of an answer to a poll may be older than what is known. */
function newest(before: FollowedBuild, job: JobSummary): JobSummary {
  return before.status === 'known' && before.job.revision > job.revision ? before.job : job;
}
