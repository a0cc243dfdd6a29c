import { ChevronDown } from 'lucide-react';
import type { ComponentProps } from 'react';

interface SelectProps<Value extends string> extends Omit<ComponentProps<'select'>, 'value' | 'onChange' | 'children'> {
  /** The name for a screen reader. */
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string }[];
  readonly onChange: (value: Value) => void;
}

/** One of several. The browser's own control: it is the best there is on a phone and for a screen reader. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
  className = '',
  ...props
}: SelectProps<Value>) {
  return (
    <span className={`relative inline-flex min-w-0 ${className}`}>
      <select
        {...props}
        aria-label={label}
        value={value}
        onChange={({ target }) => {
          const chosen = options.find((option) => option.value === target.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
        className="select h-9 w-full min-w-0 cursor-pointer rounded-lg border border-line bg-panel pr-8 pl-3 text-sm font-medium text-fg transition-colors hover:bg-panel-2 disabled:cursor-not-allowed disabled:opacity-50 pointer-coarse:h-11"
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <ChevronDown
        className="pointer-events-none absolute top-1/2 right-2.5 size-4 -translate-y-1/2 text-muted"
        aria-hidden="true"
      />
    </span>
  );
}
