import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { isRecord, type ValueChange } from './context-changes.ts';

interface ValueTreeProps {
  readonly value: Readonly<Record<string, unknown>>;
  readonly changes: readonly ValueChange[];
  /** Leads to `value`; empty at the top. */
  readonly path?: string;
}

/** A value of JSON as names and values, one a line; what is nested can be opened. What changed is marked. */
export function ValueTree({ value, changes, path = '' }: ValueTreeProps) {
  return (
    <ul className={path === '' ? '' : 'ml-[0.8rem] border-l border-line pl-2'}>
      {Object.entries(value).map(([name, member]) => {
        const memberPath = path === '' ? name : `${path}.${name}`;
        const nested = nestedOf(member);
        return (
          <li key={name}>
            {nested === null ? (
              <Leaf name={name} value={member} change={changes.find((change) => change.path === memberPath)} />
            ) : (
              <Branch name={name} value={nested} changes={changes} path={memberPath} isList={Array.isArray(member)} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** A record or list with something in it. */
function nestedOf(value: unknown): Readonly<Record<string, unknown>> | null {
  const record = Array.isArray(value) ? { ...value } : value;
  return isRecord(record) && Object.keys(record).length > 0 ? record : null;
}

interface LeafProps {
  readonly name: string;
  readonly value: unknown;
  readonly change: ValueChange | undefined;
}

function Leaf({ name, value, change }: LeafProps) {
  return (
    <div className={`rounded px-1 py-0.5 pl-5 wrap-anywhere ${change === undefined ? '' : 'bg-accent-soft'}`}>
      <span className="text-muted">{name}: </span>
      {change !== undefined && (
        <>
          <del className="text-muted">
            <span className="sr-only">was </span>
            {valueText(change.before)}
          </del>
          <span className="text-muted"> → </span>
          <span className="sr-only">now </span>
        </>
      )}
      <ins className={`no-underline ${change === undefined ? '' : 'font-semibold text-accent'}`}>
        {valueText(value)}
      </ins>
    </div>
  );
}

interface BranchProps extends Required<ValueTreeProps> {
  readonly name: string;
  readonly isList: boolean;
}

/** Opens by itself when something in it changed; not the request, which is long and all new at once. */
function Branch({ name, value, changes, path, isList }: BranchProps) {
  const [chosen, setChosen] = useState<boolean | null>(null);
  const hasChange = changes.some((change) => change.path === path || change.path.startsWith(`${path}.`));
  const isNew = changes.some((change) => change.path === path);
  const isOpen = chosen ?? (hasChange && path !== 'request');
  const size = Object.keys(value).length;
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => setChosen(!isOpen)}
        className={`flex min-h-6 w-full items-center gap-1 rounded px-0.5 text-left hover:bg-panel-2 ${isNew ? 'bg-accent-soft' : ''}`}
      >
        <ChevronRight className={`size-3.5 shrink-0 text-muted ${isOpen ? 'rotate-90' : ''}`} aria-hidden="true" />
        <span className="text-muted">{name}:</span>
        <span className={isNew ? 'font-semibold text-accent' : ''}>
          {isList ? `${size} ${size === 1 ? 'item' : 'items'}` : `{ ${size} }`}
        </span>
      </button>
      {isOpen && <ValueTree value={value} changes={changes} path={path} />}
    </>
  );
}

const valueText = (value: unknown): string => (value === undefined ? '–' : shortened(JSON.stringify(value)));

/** What was there before may have been nested: its beginning tells which it was. */
const maxValueLength = 2_000;
const shortened = (text: string): string => (text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text);
