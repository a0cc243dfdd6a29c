import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';

/** Up to here all rows are drawn, so that the browser's own search finds them; beyond only those in sight. */
const maxRowsDrawn = 40;
const overscanRows = 8;
const pageRows = 10;
/** How many pictures a row that is scrolled to may take until it can have the focus. */
const maxFocusTries = 5;

/** What a row's main button takes: the list is one stop of the tabulator key, and arrow keys go through it. */
export interface RowButtonProps {
  readonly 'data-row-button': true;
  readonly tabIndex: 0 | -1;
}

interface RowListProps {
  readonly label: string;
  /** One of its own for every row; the same array for as long as the rows are the same. */
  readonly keys: readonly (string | number)[];
  /** The row that is kept in sight; -1 for none. */
  readonly current: number;
  /** Of a row, before it was measured. */
  readonly heightPx: number;
  /** Attributes of the row. */
  readonly rowAttributes?: (index: number) => Readonly<Record<`data-${string}`, number | undefined>>;
  readonly row: (index: number, button: RowButtonProps) => ReactNode;
}

/** A list of rows that scrolls by itself and draws only what is in sight, however many there are. */
export function RowList({ label, keys, current, heightPx, rowAttributes, row }: RowListProps) {
  const count = keys.length;
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  const tabStop = Math.min(count - 1, focused ?? Math.max(0, current));
  // Another function would have every row placed anew.
  const getItemKey = useCallback((index: number) => keys[index] ?? index, [keys]);
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => heightPx,
    getItemKey,
    overscan: count <= maxRowsDrawn ? maxRowsDrawn : overscanRows,
    rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), tabStop])].sort((a, b) => a - b),
  });
  useEffect(() => {
    if (current >= 0) virtualizer.scrollToIndex(current, { align: 'auto' });
  }, [virtualizer, current]);

  const moveFocus = (event: KeyboardEvent) => {
    const target = rowAfterKey(event.key, tabStop, count);
    if (target === null || !(event.target as HTMLElement).matches('[data-row-button]')) return;
    event.preventDefault();
    setFocused(target);
    virtualizer.scrollToIndex(target, { align: 'auto' });
    focusRow(scroller.current, target);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the buttons in it
    <div
      ref={scroller}
      className="max-h-120 overflow-y-auto overscroll-contain"
      onFocus={({ target }) => setFocused(rowIndexOf(target))}
      onBlur={({ currentTarget, relatedTarget }) => !currentTarget.contains(relatedTarget) && setFocused(null)}
      onKeyDown={moveFocus}
    >
      <ol aria-label={label} className="relative" style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => (
          <li
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            aria-setsize={count}
            aria-posinset={index + 1}
            aria-current={index === current ? 'step' : undefined}
            className="absolute inset-x-0 top-0"
            style={{ transform: `translateY(${start}px)` }}
            {...rowAttributes?.(index)}
          >
            {row(index, { 'data-row-button': true, tabIndex: index === tabStop ? 0 : -1 })}
          </li>
        ))}
      </ol>
    </div>
  );
}

function rowAfterKey(key: string, row: number, count: number): number | null {
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: row + 1,
    ArrowUp: row - 1,
    PageDown: row + pageRows,
    PageUp: row - pageRows,
    Home: 0,
    End: count - 1,
  };
  const target = moves[key];
  return target === undefined ? null : Math.min(count - 1, Math.max(0, target));
}

function rowIndexOf(element: Element): number | null {
  const index = element.closest('[data-index]')?.getAttribute('data-index');
  return index === null || index === undefined ? null : Number(index);
}

/** A row that was out of sight is there once the list has scrolled. */
function focusRow(list: HTMLElement | null, index: number, triesLeft = maxFocusTries): void {
  const button = list?.querySelector<HTMLElement>(`[data-index="${index}"] [data-row-button]`);
  if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  else if (triesLeft > 0) requestAnimationFrame(() => focusRow(list, index, triesLeft - 1));
}
