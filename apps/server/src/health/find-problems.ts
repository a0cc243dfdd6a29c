import type { HealthProblem, SystemHealth } from '@yardmaster/protocol';
import type { DiskLevel } from './watch-disk.ts';

/** What the parts of a server say about themselves at one moment. */
export interface Facts {
  /** `fails`: it answers, and stores nothing. */
  readonly store: { readonly state: 'ok' | 'fails' } | { readonly state: 'away'; readonly reason: string };
  readonly readModels: { readonly behind: boolean; readonly rebuilt: string | null };
  readonly disk: DiskLevel;
  readonly messagingConnected: boolean;
  readonly leader: string | null;
  readonly workers: { readonly online: number; readonly slots: number };
  readonly clockJumpMs: number | null;
}

/** A problem with what its text needs. */
export type Finding =
  | { readonly code: 'event-store-unavailable'; readonly reason: string | null }
  | { readonly code: 'no-workers'; readonly online: number }
  | { readonly code: 'read-models-rebuilt'; readonly reason: string }
  | { readonly code: 'clock-jumped'; readonly byMs: number }
  | { readonly code: 'read-models-behind' | 'disk-full' | 'disk-low' | 'messaging-unavailable' | 'no-leader' };

/**
 * What is wrong, in the order in which it is told. What only follows from something else is left out: without messages
 * neither a leader nor workers can be heard of.
 */
export function findProblems({
  store,
  readModels,
  disk,
  messagingConnected,
  leader,
  workers,
  clockJumpMs,
}: Facts): readonly Finding[] {
  const found: Finding[] = [];
  if (store.state !== 'ok') {
    found.push({ code: 'event-store-unavailable', reason: store.state === 'away' ? store.reason : null });
  }
  if (readModels.behind) found.push({ code: 'read-models-behind' });
  if (disk === 'full') found.push({ code: 'disk-full' });
  if (!messagingConnected) found.push({ code: 'messaging-unavailable' });
  else {
    if (leader === null) found.push({ code: 'no-leader' });
    if (workers.slots === 0) found.push({ code: 'no-workers', online: workers.online });
  }
  if (disk === 'low') found.push({ code: 'disk-low' });
  if (readModels.rebuilt !== null) found.push({ code: 'read-models-rebuilt', reason: readModels.rebuilt });
  if (clockJumpMs !== null) found.push({ code: 'clock-jumped', byMs: clockJumpMs });
  return found;
}

/** What a problem makes of the whole. */
const severity: Readonly<Record<HealthProblem['code'], SystemHealth['status']>> = {
  'event-store-unavailable': 'degraded',
  'read-models-behind': 'unavailable',
  'disk-full': 'degraded',
  'messaging-unavailable': 'degraded',
  'no-leader': 'degraded',
  'no-workers': 'degraded',
  'disk-low': 'ready',
  'read-models-rebuilt': 'ready',
  'clock-jumped': 'ready',
};

export function statusOf(problems: readonly Pick<HealthProblem, 'code'>[]): SystemHealth['status'] {
  const found = new Set(problems.map(({ code }) => severity[code]));
  return (['unavailable', 'degraded'] as const).find((status) => found.has(status)) ?? 'ready';
}
