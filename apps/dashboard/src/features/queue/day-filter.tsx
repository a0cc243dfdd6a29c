import { CalendarDays, ChevronDown } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useId } from 'react';
import { Button, buttonClass } from '../../shared/ui/button.tsx';
import { PopoverWindow } from '../../shared/ui/popover.tsx';
import { type DayRange, dayOf, firstOfLast, rangeText } from './day-range.ts';

interface DayFilterProps extends DayRange {
  readonly onChange: (range: DayRange) => void;
}

const presets = [
  { label: 'Any day', days: null },
  { label: 'Today', days: 1 },
  { label: 'Last 7 days', days: 7 },
  { label: 'Last 30 days', days: 30 },
] as const;

/** The days in which a build was asked for: one of a few ranges, or any. */
export function DayFilter({ from, to, onChange }: DayFilterProps) {
  const now = new Date();
  return (
    <Popover.Root>
      <Popover.Trigger
        className={`${buttonClass()} max-md:flex-auto max-md:justify-between pl-3 pr-2.5 data-[state=open]:bg-panel-2`}
      >
        <CalendarDays className="text-muted max-md:hidden" aria-hidden="true" />
        <span className="sr-only">Days: </span>
        {rangeText({ from, to }, now)}
        <ChevronDown className="text-muted" aria-hidden="true" />
      </Popover.Trigger>
      <PopoverWindow aria-label="Days" className="w-76 p-3">
        <div className="grid grid-cols-2 gap-2">
          {presets.map(({ label, days }) => {
            const first = days === null ? undefined : firstOfLast(days, now);
            const isChosen = from === first && to === undefined;
            return (
              <Button
                key={label}
                size="small"
                kind={isChosen ? 'primary' : 'plain'}
                aria-pressed={isChosen}
                onClick={() => onChange({ from: first, to: undefined })}
              >
                {label}
              </Button>
            );
          })}
        </div>
        <div className="mt-3 grid grid-cols-2 gap-2 border-t border-line pt-3">
          <Day label="From" day={from} max={to ?? dayOf(now)} onDay={(day) => onChange({ from: day, to })} />
          <Day label="To" day={to} min={from} onDay={(day) => onChange({ from, to: day })} />
        </div>
      </PopoverWindow>
    </Popover.Root>
  );
}

interface DayProps {
  readonly label: string;
  readonly day: string | undefined;
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  readonly onDay: (day: string | undefined) => void;
}

function Day({ label, day, min, max, onDay }: DayProps) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label htmlFor={id} className="mb-1 block text-xs text-muted">
        {label}
      </label>
      <input
        id={id}
        type="date"
        value={day ?? ''}
        min={min}
        max={max}
        onChange={({ target }) => onDay(target.value === '' ? undefined : target.value)}
        className="h-9 w-full min-w-0 rounded-lg border border-line bg-panel px-2 text-[13px] text-fg pointer-coarse:h-11"
      />
    </div>
  );
}
