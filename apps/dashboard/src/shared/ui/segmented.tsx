import type { LucideIcon } from 'lucide-react';
import { useId } from 'react';

interface SegmentedProps<Value extends string> {
  /** Names the group for a screen reader. */
  readonly label: string;
  readonly value: Value;
  readonly options: readonly { readonly value: Value; readonly label: string; readonly icon?: LucideIcon }[];
  readonly onChange: (value: Value) => void;
  readonly className?: string;
}

/** One of a few, all in sight: radio buttons in a row. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  className = '',
}: SegmentedProps<Value>) {
  const name = useId();
  return (
    <fieldset className={`inline-flex max-w-full min-w-0 gap-0.5 rounded-lg bg-panel-2 p-0.5 ${className}`}>
      <legend className="sr-only">{label}</legend>
      {options.map(({ icon: Icon, ...option }) => (
        <label
          key={option.value}
          className="relative inline-flex h-8 min-w-0 flex-1 cursor-pointer items-center justify-center gap-1.5 rounded-md border border-transparent px-2 text-[13px] font-medium sm:px-3 whitespace-nowrap text-muted transition-colors hover:text-fg has-checked:border-line-strong/40 has-checked:bg-panel has-checked:text-fg has-checked:shadow-panel has-focus-visible:outline-2 has-focus-visible:outline-offset-1 has-focus-visible:outline-accent pointer-coarse:h-10 [&>svg]:size-4 [&>svg]:shrink-0"
        >
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className="absolute inset-0 cursor-pointer opacity-0"
          />
          {Icon !== undefined && <Icon aria-hidden="true" />}
          {option.label}
        </label>
      ))}
    </fieldset>
  );
}
