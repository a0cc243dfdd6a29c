import { stepTitles } from '../../shared/jobs/job-display.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { describeEvent, type EventTone } from './describe-event.ts';

/** A stretch of time in which a build was doing one thing, or waiting for one. */
export interface Span {
  readonly label: string;
  readonly tone: EventTone;
  readonly isWaiting: boolean;
  /** The event with which it began, and the last one in it. */
  readonly from: number;
  readonly to: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** What belongs together: the wait for the first attempt, then every attempt with the waits that follow it. */
export interface SpanGroup {
  readonly title: string;
  /** 0 before the first attempt. */
  readonly attempt: number;
  readonly spans: readonly Span[];
}

/**
 * A history as stretches of time: every event that changes what the build does or waits for begins one, and it ends where
 * the next begins. The last one of a build that is under way ends with its last event.
 */
export function timelineOf(frames: readonly Frame[]): readonly SpanGroup[] {
  const groups: { title: string; attempt: number; spans: Span[] }[] = [];
  let last: { readonly spans: Span[]; readonly index: number } | null = null;
  for (const frame of frames) {
    const label = labelAfter(frame);
    if (last !== null) {
      const span = last.spans[last.index];
      if (span !== undefined) last.spans[last.index] = closedBy(frame, span, { goesOn: label === null });
    }
    if (label === null) continue;
    const { attempt } = frame.snapshot.context;
    let group = groups.at(-1);
    if (group?.attempt !== attempt) {
      group = { title: attempt === 0 ? 'Before the first attempt' : `Attempt ${attempt}`, attempt, spans: [] };
      groups.push(group);
    }
    last = { spans: group.spans, index: group.spans.push(spanFrom(frame, label)) - 1 };
  }
  return groups;
}

function spanFrom({ revision, atMs, event }: Frame, { text, isWaiting }: SpanLabel): Span {
  const tone = isWaiting ? 'plain' : describeEvent(event).tone;
  return { label: text, tone, isWaiting, from: revision, to: revision, startMs: atMs, endMs: atMs };
}

/** A stretch lasts until the next event, and takes its tone where that is a failure of what was done. */
function closedBy({ event, revision, atMs }: Frame, span: Span, { goesOn }: { readonly goesOn: boolean }): Span {
  const { tone } = describeEvent(event);
  return {
    ...span,
    tone: goesOn && tone !== 'plain' ? tone : span.tone,
    to: goesOn ? revision : span.to,
    endMs: Math.max(span.startMs, atMs),
  };
}

interface SpanLabel {
  readonly text: string;
  readonly isWaiting: boolean;
}

/** What the build does from this event on; null when it goes on with the same. */
function labelAfter({ event }: Frame): SpanLabel | null {
  switch (event.type) {
    case 'BuildRequested':
      return { text: 'Being put into the queue', isWaiting: true };
    case 'BuildQueued':
    case 'DispatchWithdrawn':
    case 'BuildReturned':
    case 'RetryDue':
      return { text: 'Waiting in the queue', isWaiting: true };
    case 'BuildDispatched':
      return { text: 'Waiting for a worker', isWaiting: true };
    case 'BuildClaimed':
      return { text: 'Starting', isWaiting: false };
    case 'StepStarted':
      return { text: stepTitles[event.data.step], isWaiting: false };
    case 'OutputPublished':
      return { text: 'Publishing', isWaiting: false };
    case 'RetryScheduled':
      return { text: 'Pausing before the retry', isWaiting: true };
    case 'CancelRequested':
      return { text: 'Cancelling', isWaiting: false };
    case 'BuildCompleted':
    case 'BuildFailed':
    case 'BuildCancelled':
      return { text: describeEvent(event).title, isWaiting: false };
    case 'StepCompleted':
    case 'StepFailed':
    case 'StepTimedOut':
    case 'WorkerLost':
    case 'AttemptAbandoned':
    case 'PriorityChanged':
      return null;
    default:
      return event satisfies never;
  }
}
