import {
  type BuildJobEvent,
  type BuildJobSnapshot,
  buildJobDecider,
  buildJobMachine,
  type StateValue,
  type Status,
  statusOf,
} from '@yardmaster/domain';
import type { EventView } from '@yardmaster/protocol';
import { initialTransition, transition } from 'xstate';

/** A build as it was right after one of its events. */
export interface Frame {
  /** Of the event, from 0; the frames of a build are an array in which this is the index. */
  readonly revision: number;
  readonly event: BuildJobEvent;
  readonly recorded: EventView;
  /** When it happened, in milliseconds since 1970. */
  readonly atMs: number;
  readonly snapshot: BuildJobSnapshot;
  readonly status: Status;
  /** The transition that the event took, as {@link transitionId} names it. */
  readonly taken: string | null;
}

/** What the machine of this page makes of a history. */
export type Replay =
  | { readonly ok: true; readonly frames: readonly Frame[] }
  | {
      /** The machine of this page does not reproduce what was recorded from this revision on. */
      readonly ok: false;
      readonly frames: readonly Frame[];
      readonly driftAt: number;
      readonly reason: string;
      /** The events from `driftAt` on: recorded, and not understood here. */
      readonly unplayed: readonly EventView[];
    };

export const emptyReplay: Replay = { ok: true, frames: [] };

/** Every event that is known, those after a drift included. */
export function recordedEvents(replay: Replay): readonly EventView[] {
  const played = replay.frames.map(({ recorded }) => recorded);
  return replay.ok ? played : [...played, ...replay.unplayed];
}

/** How many events are known; also the revision that the next one has. */
export function eventCount(replay: Replay): number {
  return replay.frames.length + (replay.ok ? 0 : replay.unplayed.length);
}

/**
 * Whether events belong to the history that `replay` has: those that it has too are the same, and the others follow
 * without a hole. Every event carries a hash over all before it, so equal hashes mean equal histories.
 */
export function joins(replay: Replay, events: readonly EventView[]): boolean {
  const known = eventCount(replay);
  let next = known;
  return events.every((event) => {
    if (event.revision >= known) return event.revision === next++;
    return event.metadata.hash === eventAt(replay, event.revision)?.metadata.hash;
  });
}

function eventAt({ frames, ...replay }: Replay, revision: number): EventView | undefined {
  return frames[revision]?.recorded ?? (replay.ok ? undefined : replay.unplayed[revision - frames.length]);
}

/**
 * Goes on from `replay` with events that join it, in O(later events) and one copy of the array: snapshots share their
 * structure, so every moment is kept and going to one is looking into an array. Events that it has already are passed
 * over; when it has all of them, the same object is returned. The input is not changed.
 */
export function continueReplay(replay: Replay, events: readonly EventView[]): Replay {
  const known = eventCount(replay);
  const later = events.filter(({ revision }) => revision >= known);
  if (later.length === 0) return replay;
  if (!replay.ok) return { ...replay, unplayed: [...replay.unplayed, ...later] };
  const frames = [...replay.frames];
  let snapshot = frames.at(-1)?.snapshot ?? initialSnapshot;
  for (const [index, recorded] of later.entries()) {
    const frame = nextFrame(snapshot, { recorded, revision: frames.length });
    if (typeof frame === 'string') {
      return { ok: false, frames, driftAt: frames.length, reason: frame, unplayed: later.slice(index) };
    }
    frames.push(frame);
    snapshot = frame.snapshot;
  }
  return { ok: true, frames };
}

const [initialSnapshot] = initialTransition(buildJobMachine);

/** The frame after one more event; what is wrong with the event when the machine does not get there. */
function nextFrame(
  before: BuildJobSnapshot,
  { recorded, revision }: { readonly recorded: EventView; readonly revision: number },
): Frame | string {
  const { type, metadata } = recorded;
  if (recorded.revision !== revision) return `The event with revision ${revision} is missing.`;
  const event = understood(recorded);
  if (event === null) return `This page does not understand the event “${type}”.`;
  const taken = transitionTaken(before, event);
  if (taken === null) return `The machine of this page refuses “${type}”.`;
  const [snapshot] = transition(buildJobMachine, before, event);
  if (!sameStateValue(snapshot.value, metadata.to)) {
    return `After “${type}” another state was recorded than this page comes to.`;
  }
  const atMs = Date.parse(String(metadata.occurredAt));
  if (Number.isNaN(atMs)) return `The event “${type}” does not say when it happened.`;
  return { revision, event, recorded, atMs, snapshot, status: statusOf(snapshot.value), taken };
}

/** The event in its shape of today, whatever version it was recorded in; null when this page is older than the event. */
function understood({ type, data, metadata }: EventView): BuildJobEvent | null {
  try {
    return buildJobDecider.parseEvent(type, data, Number(metadata.schemaVersion));
  } catch {
    return null;
  }
}

/** Compares regardless of the order of regions, which is no part of a state. */
function sameStateValue(reached: StateValue, recorded: unknown): boolean {
  if (typeof reached === 'string' || typeof recorded !== 'object' || recorded === null) return reached === recorded;
  const regions = Object.entries(recorded);
  return (
    regions.length === Object.keys(reached).length &&
    regions.every(([name, value]) => {
      const region = reached[name];
      return region !== undefined && sameStateValue(region, value);
    })
  );
}

/** A transition as the machine's state nodes hold it; XState names no type for it that is public. */
interface TransitionLike {
  readonly source: { readonly id: string; readonly transitions: Map<string, readonly unknown[]> };
  readonly eventType: string;
}

/** Names a transition of a machine: its source, its event, and its place among those of one event. */
export function transitionId(transition: TransitionLike): string {
  const { source, eventType } = transition;
  const index = source.transitions.get(eventType)?.indexOf(transition) ?? 0;
  return `${source.id}|${eventType}|${Math.max(0, index)}`;
}

function transitionTaken(snapshot: BuildJobSnapshot, event: BuildJobEvent): string | null {
  const [first] = buildJobMachine.getTransitionData(snapshot, event);
  return first === undefined ? null : transitionId(first);
}
