import './log.css';
import { useEffect, useId, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { api } from '../../shared/api/api.ts';
import { countText } from '../../shared/format/quantities.ts';
import { logPlaceId } from '../../shared/jobs/log-place.ts';
import { useLive } from '../../shared/live/live.ts';
import { linkTo } from './link-to.ts';
import { LogBody } from './log-body.tsx';
import { type LogFeed, startLogFeed } from './log-feed.ts';
import type { LogGroup } from './log-index.ts';
import type { Goal } from './log-lines.tsx';
import { logRows } from './log-rows.ts';
import { createLogStore, type LogView } from './log-store.ts';
import { LogToolbar } from './log-toolbar.tsx';
import { pause } from './pause.ts';
import { useLogSearch } from './use-log-search.ts';
import { useMaximised } from './use-maximised.ts';

export interface LogViewerProps {
  readonly jobId: string;
  readonly isUnderWay: boolean;
  /** The moment that is looked at; null for now. */
  readonly asOfMs: number | null;
  /** The line that the address points at. */
  readonly line: number | undefined;
  readonly onLine: (line: number | undefined) => void;
}

/** What a build has said: live while it is under way, or as it was at a moment. */
export function LogViewer(props: LogViewerProps) {
  return <JobLog key={props.jobId} {...props} />;
}

function JobLog({ jobId, isUnderWay, asOfMs, line, onLine }: LogViewerProps) {
  const headingId = useId();
  const { store, view, retry } = useLogOf(jobId);
  const shown = asOfMs === null ? view.last : store.countAt(asOfMs);
  const [goal, setGoal] = useState<Goal | null>(line === undefined ? null : { to: 'line', n: line });
  const [shownLine, setShownLine] = useState(line);
  if (line !== shownLine) {
    setShownLine(line);
    if (line !== undefined) setGoal({ to: 'line', n: line });
  }
  const [shownAsOfMs, setShownAsOfMs] = useState(asOfMs);
  if (asOfMs !== shownAsOfMs) {
    setShownAsOfMs(asOfMs);
    if (asOfMs !== null) setGoal({ to: 'end' });
  }
  /** How many lines there were when the reader left the end; null while the end is kept in sight. */
  const [leftAt, setLeftAt] = useState<number | null>(line === undefined ? null : 0);
  const follow = (isFollowing: boolean) => setLeftAt(isFollowing ? null : view.last);
  const search = useLogSearch({ store, shown, onMatch: (n) => setGoal({ to: 'match', n }) });
  const maximised = useMaximised();
  const inSight = useRef(1);
  const linkHere = () => {
    const n = line ?? search.match?.n ?? inSight.current;
    if (n !== line) onLine(n);
    return linkTo(n);
  };

  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const { groups } = view;
  const open = [line, search.match?.n].map((n) => groupOf(groups, n)?.key);
  const closedNow = [...closed].filter((key) => !open.includes(key)).join();
  const rows = useMemo(
    () => logRows({ groups, last: shown, closed: new Set(closedNow.split(',')) }),
    [groups, shown, closedNow],
  );
  const toggle = (group: LogGroup, isOpen: boolean) => {
    const next = new Set(closed);
    if (isOpen) next.delete(group.key);
    else next.add(group.key);
    setClosed(next);
    if (isOpen) return;
    // What is pointed at is always in sight: who closes it away no longer points at it.
    if (groupOf(groups, line) === group) onLine(undefined);
    if (groupOf(groups, search.match?.n) === group) search.leaveMatch();
  };
  const isFollowing = leftAt === null;
  return (
    <section
      ref={maximised.ref}
      id={logPlaceId}
      tabIndex={-1}
      aria-labelledby={headingId}
      onKeyDown={maximised.keyPressed}
      className={
        maximised.isMaximised
          ? 'fixed inset-0 z-40 flex flex-col bg-panel outline-none'
          : 'flex min-w-0 flex-col overflow-hidden rounded-panel border border-line bg-panel shadow-panel outline-none'
      }
    >
      <LogToolbar
        jobId={jobId}
        headingId={headingId}
        countText={linesText(view, shown, asOfMs !== null)}
        {...search.field}
        isUnderWay={isUnderWay}
        isFollowing={isFollowing}
        onFollow={follow}
        onStart={() => setGoal({ to: 'start' })}
        linkHere={linkHere}
        isMaximised={maximised.isMaximised}
        onMaximise={maximised.set}
      />
      <LogBody
        store={store}
        view={view}
        rows={rows}
        shown={shown}
        isUnderWay={isUnderWay}
        isPast={asOfMs !== null}
        newLines={isFollowing || asOfMs !== null ? 0 : view.last - Math.max(leftAt, view.lastAtFirst)}
        isFollowing={isFollowing}
        onFollow={follow}
        goal={goal}
        inSight={inSight}
        pattern={search.pattern}
        match={search.match}
        line={line}
        onLine={(n) => onLine(n === line ? undefined : n)}
        onToggle={toggle}
        onRetry={retry}
        isMaximised={maximised.isMaximised}
      />
    </section>
  );
}

function useLogOf(jobId: string) {
  const live = useLive();
  const [store] = useState(() => createLogStore((callback) => requestAnimationFrame(callback)));
  const feed = useRef<LogFeed>(null);
  useEffect(() => {
    feed.current = startLogFeed({ jobId, store, live, fetchLines: api.logLines, pause });
    return () => feed.current?.stop();
  }, [jobId, store, live]);
  const view = useSyncExternalStore(store.subscribe, store.view);
  return { store, view, retry: () => feed.current?.retry() };
}

function groupOf(groups: readonly LogGroup[], n: number | undefined): LogGroup | undefined {
  return n === undefined ? undefined : groups.findLast(({ first }) => first <= n);
}

function linesText({ last, held, lost, isKnown }: LogView, shown: number, isPast: boolean): string {
  if (!isKnown) return '';
  const lines = last === 1 ? '1 line' : `${countText(last)} lines`;
  if (isPast && shown < last) return `${countText(shown)} of ${lines} at this moment`;
  return held + lost < last ? `${countText(held)} of ${lines}` : lines;
}
