import { Braces, Download, FileSpreadsheet, ListFilter, Search } from 'lucide-react';
import { use, useDeferredValue, useMemo, useState } from 'react';
import { countText } from '../../shared/format/quantities.ts';
import { eventCount, type Replay } from '../../shared/replay/replay-build.ts';
import { plainWords } from '../../shared/replay/words.ts';
import { SessionContext } from '../../shared/session/session-context.ts';
import { Button, IconButton } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';
import { Menu } from '../../shared/ui/menu.tsx';
import { Count, Panel } from '../../shared/ui/panel.tsx';
import { Segmented } from '../../shared/ui/segmented.tsx';
import { Select } from '../../shared/ui/select.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { CompactRows } from './compact-rows.tsx';
import { type EventFilter, everything, filterEvents, typesIn } from './event-filter.ts';
import { RawRows } from './raw-rows.tsx';
import { saveEvents } from './save-events.ts';
import { TimelineRows } from './timeline-rows.tsx';

export interface EventHistoryProps {
  readonly replay: Replay;
  /** The revision that is looked at. */
  readonly at: number;
  readonly onMoment: (at: number | null) => void;
}

const views = [
  { value: 'compact', label: 'Compact' },
  { value: 'timeline', label: 'Timeline' },
  { value: 'raw', label: 'Raw' },
] as const;
type View = (typeof views)[number]['value'];

/** Everything that ever happened to a build. An event that is chosen is the moment the page then shows. */
export function EventHistory({ replay, at, onMoment }: EventHistoryProps) {
  const { frames } = replay;
  const viewerId = use(SessionContext)?.viewer.id ?? null;
  const [view, setView] = useState<View>('compact');
  const [filter, setFilter] = useState(everything);
  // Typing stays quick with thousands of events: the list follows when there is time.
  const applied = useDeferredValue(filter);
  const shown = useMemo(() => filterEvents(frames, applied), [frames, applied]);
  const total = eventCount(replay);
  const isFiltered = view !== 'timeline' && shown.length < frames.length;
  return (
    <Panel
      id="event-history"
      title="Events"
      aside={<Count>{isFiltered ? `${countText(shown.length)} of ${countText(total)}` : countText(total)}</Count>}
      actions={
        <>
          <Segmented label="How events are shown" value={view} options={views} onChange={setView} />
          <ExportMenu replay={replay} />
        </>
      }
      className="@container"
    >
      {!replay.ok && <Drift replay={replay} />}
      {view !== 'timeline' && <FilterBar replay={replay} filter={filter} onFilter={setFilter} />}
      {frames.length === 0 ? (
        <LoadingRows />
      ) : view === 'timeline' ? (
        <TimelineRows frames={frames} at={at} onMoment={onMoment} />
      ) : shown.length === 0 ? (
        <NothingFound onClear={() => setFilter(everything)} />
      ) : view === 'compact' ? (
        <CompactRows frames={frames} shown={shown} at={at} viewerId={viewerId} onMoment={onMoment} />
      ) : (
        <RawRows frames={frames} shown={shown} at={at} onMoment={onMoment} />
      )}
    </Panel>
  );
}

function ExportMenu({ replay }: { readonly replay: Replay }) {
  return (
    <Menu
      label="Export events"
      trigger={
        <IconButton label="Export events" disabled={replay.frames.length === 0}>
          <Download aria-hidden="true" />
        </IconButton>
      }
      items={[
        { label: 'All events as NDJSON', icon: Braces, onSelect: () => saveEvents(replay, 'ndjson') },
        { label: 'All events as CSV', icon: FileSpreadsheet, onSelect: () => saveEvents(replay, 'csv') },
      ]}
    />
  );
}

interface FilterBarProps {
  readonly replay: Replay;
  readonly filter: EventFilter;
  readonly onFilter: (filter: EventFilter) => void;
}

function FilterBar({ replay: { frames }, filter, onFilter }: FilterBarProps) {
  const types = useMemo(
    () => [
      { value: 'all', label: 'All types' },
      ...[...typesIn(frames)].map(([type, count]) => ({ value: type, label: `${plainWords(type)} (${count})` })),
    ],
    [frames],
  );
  return (
    <div className="flex flex-wrap gap-2 border-b border-line px-4 py-2">
      <label className="relative min-w-40 flex-1">
        <span className="sr-only">Filter events</span>
        <Search className="absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted" aria-hidden="true" />
        <input
          type="search"
          value={filter.text}
          onChange={({ target }) => onFilter({ ...filter, text: target.value })}
          placeholder="Filter by words, worker, step…"
          className="h-9 w-full rounded-lg border border-line bg-panel pr-3 pl-9 placeholder:text-muted pointer-coarse:h-11"
        />
      </label>
      <Select
        label="Type of event"
        value={filter.type}
        options={types}
        onChange={(type) => onFilter({ ...filter, type })}
        className="max-w-full min-w-0"
      />
    </div>
  );
}

/** The page says what a drift is; here it says that the list is not all there is. */
function Drift({ replay }: { readonly replay: Replay & { readonly ok: false } }) {
  return (
    <p className="border-b border-line bg-warn-soft px-4 py-2 text-[13px] text-warn">
      Events from {replay.driftAt} on cannot be replayed here, so they are not listed. The export has them.
    </p>
  );
}

function NothingFound({ onClear }: { readonly onClear: () => void }) {
  return (
    <EmptyState icon={ListFilter} title="No event matches.">
      <Button size="small" onClick={onClear}>
        Show all events
      </Button>
    </EmptyState>
  );
}

function LoadingRows() {
  return (
    <div className="flex flex-col gap-3 p-4" role="status" aria-label="Loading the events">
      {['w-2/3', 'w-1/2', 'w-3/5', 'w-2/5'].map((width) => (
        <Skeleton key={width} className={`h-5 ${width}`} />
      ))}
    </div>
  );
}
