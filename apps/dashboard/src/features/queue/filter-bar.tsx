import { useQuery } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { websitesQuery } from '../../shared/api/queries.ts';
import { Button } from '../../shared/ui/button.tsx';
import { Select } from '../../shared/ui/select.tsx';
import { DayFilter } from './day-filter.tsx';
import { changedSearch, clearedSearch, isFiltered, type QueueSearch } from './queue-search.ts';
import { SearchField } from './search-field.tsx';
import { StatusFilter } from './status-filter.tsx';

interface FilterBarProps {
  readonly search: QueueSearch;
  readonly onSearch: (search: QueueSearch) => void;
}

/** Which builds are shown. Everything chosen here stands in the address, so that it can be kept and passed on. */
export function FilterBar({ search, onSearch }: FilterBarProps) {
  const change = (next: Omit<QueueSearch, 'page'>) => onSearch(changedSearch(search, next));
  return (
    <search aria-label="Filter builds" className="flex flex-wrap gap-2">
      <SearchField text={search.q} onText={(q) => change({ q })} />
      <StatusFilter chosen={search.status} onChange={(status) => change({ status })} />
      <WebsiteFilter website={search.website} onChange={(website) => change({ website })} />
      <DayFilter from={search.from} to={search.to} onChange={change} />
      {isFiltered(search) && (
        <Button kind="quiet" onClick={() => onSearch(clearedSearch(search))}>
          <X aria-hidden="true" />
          Clear filters
        </Button>
      )}
    </search>
  );
}

interface WebsiteFilterProps {
  readonly website: string | undefined;
  readonly onChange: (website: string | undefined) => void;
}

function WebsiteFilter({ website, onChange }: WebsiteFilterProps) {
  const websites = useQuery(websitesQuery).data?.websites ?? [];
  const isListed = website === undefined || websites.some(({ id }) => id === website);
  const options = [
    { value: '', label: 'All websites' },
    ...websites.map(({ id, name }) => ({ value: id, label: name })),
    ...(isListed ? [] : [{ value: website, label: 'Another website' }]),
  ];
  return (
    <Select
      label="Website"
      value={website ?? ''}
      options={options}
      onChange={(value) => onChange(value === '' ? undefined : value)}
      className="max-w-52 max-md:flex-auto [&>select]:truncate"
    />
  );
}
