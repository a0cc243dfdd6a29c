import { BuildJobEvent, type BuildJobSnapshot, buildJobMachine, type Status, statusOf } from '@yardmaster/domain';
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
  /** The machine of this page does not reproduce what was recorded from this revision on. */
  | { readonly ok: false; readonly frames: readonly Frame[]; readonly driftAt: number; readonly reason: string };

export const emptyReplay: Replay = { ok: true, frames: [] };

/**
 * Goes on from `replay` with later events, in O(later events): snapshots share their structure, so every moment is kept
 * and going to one is looking into an array. Events that are in it already are passed over. The input is not changed.
 */
export function continueReplay(replay: Replay, events: readonly EventView[]): Replay {
  if (!replay.ok) return replay;
  const frames = [...replay.frames];
  let snapshot = frames.at(-1)?.snapshot ?? initialSnapshot;
  for (const recorded of events) {
    if (recorded.revision < frames.length) continue;
    const { revision, type, data, metadata } = recorded;
    const drift = (reason: string): Replay => ({ ok: false, frames, driftAt: revision, reason });
    if (revision !== frames.length) return drift(`The event before revision ${revision} is missing.`);
    const event = BuildJobEvent.safeParse({ type, data });
    if (!event.success) return drift(`This page does not know the event “${type}”.`);
    const taken = transitionTaken(snapshot, event.data);
    if (taken === null) return drift(`The machine of this page refuses “${type}”.`);
    [snapshot] = transition(buildJobMachine, snapshot, event.data);
    if (JSON.stringify(snapshot.value) !== JSON.stringify(metadata.to)) {
      return drift(`After “${type}” another state was recorded than this page comes to.`);
    }
    const atMs = Date.parse(String(metadata.occurredAt));
    const status = statusOf(snapshot.value);
    frames.push({ revision, event: event.data, recorded, atMs, snapshot, status, taken });
  }
  return { ok: true, frames };
}

const [initialSnapshot] = initialTransition(buildJobMachine);

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
