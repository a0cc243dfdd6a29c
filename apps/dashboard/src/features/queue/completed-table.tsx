import { createColumnHelper, rowSortingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import type { JobSummary } from '@yardmaster/protocol';
import { ArrowDown, ArrowUp } from 'lucide-react';
import { exactDurationText } from '../../shared/format/quantities.ts';
import { displayOf, reasonLine, tookMs } from '../../shared/jobs/job-display.ts';
import { Ago } from '../../shared/ui/ago.tsx';
import { handFocusOn } from '../../shared/ui/focus-page.ts';
import { StatusBadge } from '../../shared/ui/status-badge.tsx';
import { CompletedActions } from './completed-actions.tsx';
import { JobLink } from './job-link.tsx';
import type { Sort } from './queue-search.ts';
import { sortings, sortOf } from './table-sorting.ts';

const features = tableFeatures({ rowSortingFeature });
const helper = createColumnHelper<typeof features, JobSummary>();

const columns = helper.columns([
  helper.accessor('websiteName', { id: 'name', header: 'Website', cell: ({ row }) => <Build job={row.original} /> }),
  helper.accessor('status', {
    header: 'Status',
    enableSorting: false,
    cell: ({ row }) => {
      const { tone, status } = displayOf(row.original);
      return <StatusBadge tone={tone}>{status}</StatusBadge>;
    },
  }),
  helper.accessor('createdAt', {
    id: 'created',
    header: 'Submitted',
    sortDescFirst: true,
    cell: ({ getValue }) => <Ago at={getValue()} />,
  }),
  helper.accessor(tookMs, {
    id: 'duration',
    header: 'Took',
    sortDescFirst: true,
    cell: ({ getValue }) => {
      const took = getValue();
      return took === null ? '—' : exactDurationText(took);
    },
  }),
  helper.accessor('completedAt', {
    header: 'Ended',
    enableSorting: false,
    cell: ({ getValue }) => {
      const at = getValue();
      return at === null ? '—' : <Ago at={at} />;
    },
  }),
  helper.accessor('priority', { header: 'Priority', sortDescFirst: true }),
  helper.display({
    id: 'actions',
    header: () => <span className="sr-only">Actions</span>,
    cell: ({ row }) => <CompletedActions job={row.original} className="justify-end" textClass="max-lg:sr-only" />,
  }),
]);

/** The widths of the columns; the first has what is left. */
const widths: Readonly<Record<string, string>> = {
  name: '',
  status: 'w-34',
  created: 'w-28 max-lg:hidden',
  duration: 'w-26',
  completedAt: 'w-28',
  priority: 'w-20 max-lg:hidden',
  actions: 'w-26 lg:w-52',
};

interface CompletedTableProps {
  readonly jobs: readonly JobSummary[];
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

/** Ended builds as a table. The server sorts and pages; the headers say how. */
export function CompletedTable({ jobs, sort, onSort }: CompletedTableProps) {
  const table = useTable({
    features,
    columns,
    data: jobs,
    getRowId: ({ id }) => id,
    manualSorting: true,
    enableMultiSort: false,
    state: { sorting: sortings[sort] },
    onSortingChange: (updater) => {
      onSort(sortOf(typeof updater === 'function' ? updater(sortings[sort]) : updater));
    },
  });
  return (
    <table className="w-full table-fixed border-collapse text-left">
      <caption className="sr-only">Completed builds</caption>
      <thead className="border-b border-line text-xs text-muted">
        {table.getHeaderGroups().map(({ id, headers }) => (
          <tr key={id}>
            {headers.map((header) => (
              <th
                key={header.id}
                scope="col"
                aria-sort={header.column.getCanSort() ? ariaSorts[String(header.column.getIsSorted())] : undefined}
                className={`h-9 px-2 font-medium first:pl-4 last:pr-4 ${widths[header.id] ?? ''}`}
              >
                {header.column.getCanSort() ? (
                  <SortButton sorted={header.column.getIsSorted()} onClick={header.column.getToggleSortingHandler()}>
                    <table.FlexRender header={header} />
                  </SortButton>
                ) : (
                  <table.FlexRender header={header} />
                )}
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody className="divide-y divide-line">
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id} ref={handFocusOn} className="relative h-14 transition-colors hover:bg-panel-2/50">
            {row.getAllCells().map((cell) => (
              <td
                key={cell.id}
                className={`px-2 py-2 tabular-nums text-muted first:pl-4 last:pr-4 ${widths[cell.column.id] ?? ''}`}
              >
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Build({ job }: { readonly job: JobSummary }) {
  const reason = reasonLine(job);
  return (
    <>
      <JobLink job={job} />
      {reason !== null && (
        <p className="truncate text-xs text-muted" title={reason}>
          {reason}
        </p>
      )}
    </>
  );
}

interface SortButtonProps {
  readonly sorted: 'asc' | 'desc' | false;
  readonly onClick: ((message: unknown) => void) | undefined;
  readonly children: React.ReactNode;
}

function SortButton({ sorted, onClick, children }: SortButtonProps) {
  const Icon = sorted === 'asc' ? ArrowUp : ArrowDown;
  return (
    <button
      type="button"
      onClick={onClick}
      className="group -mx-1.5 inline-flex h-7 items-center gap-1 rounded-md px-1.5 font-medium hover:bg-panel-2 hover:text-fg"
    >
      {children}
      <Icon
        aria-hidden="true"
        className={`size-3.5 ${sorted === false ? 'opacity-0 group-hover:opacity-50' : 'text-fg'}`}
      />
    </button>
  );
}

const ariaSorts: Readonly<Record<string, 'ascending' | 'descending' | 'none'>> = {
  asc: 'ascending',
  desc: 'descending',
  false: 'none',
};
