import type { JobSummary } from '@yardmaster/protocol';
import type { JobsStore } from '../../shared/jobs/jobs-store.ts';

/** The least time from one announcement to the next; what comes meanwhile is said together. */
export const announcementPauseMs = 3_000;
/** The most builds that one announcement names. */
const maxNamed = 3;

export interface AnnouncementParts {
  readonly store: Pick<JobsStore, 'subscribe' | 'view'>;
  readonly say: (text: string) => void;
  readonly nowMs: () => number;
  /** Returns what calls it off. */
  readonly setTimer: (callback: () => void, delayMs: number) => () => void;
}

/**
 * Says which builds were cancelled, until the returned function is called. Everything else that happens to a build is
 * told by the toasts, which speak as well: said twice it would be heard twice.
 */
export function announceCancelled({ store, say, nowMs, setTimer }: AnnouncementParts): () => void {
  let underWay: ReadonlySet<string> = new Set();
  let unsaid: JobSummary[] = [];
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let callOff: (() => void) | null = null;
  const look = (): void => {
    const { active, ended } = store.view();
    unsaid.push(...ended.filter(({ id, status }) => status === 'cancelled' && underWay.has(id)));
    underWay = new Set(active.map(({ id }) => id));
    if (unsaid.length === 0) return;
    const waitMs = Math.max(0, saidAtMs + announcementPauseMs - nowMs());
    callOff ??= setTimer(sayAll, waitMs);
  };
  const sayAll = (): void => {
    callOff = null;
    saidAtMs = nowMs();
    say(announcement(unsaid));
    unsaid = [];
  };
  const unsubscribe = store.subscribe(look);
  look();
  return () => {
    unsubscribe();
    callOff?.();
  };
}

function announcement(cancelled: readonly JobSummary[]): string {
  const named = cancelled
    .slice(0, maxNamed)
    .map(({ websiteName, buildNumber }) => `${websiteName}, build ${buildNumber}: cancelled.`);
  const more = cancelled.length - named.length;
  return [...named, ...(more > 0 ? [`And ${more} more.`] : [])].join(' ');
}
