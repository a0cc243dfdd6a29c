import type { Annotation } from '@yardmaster/domain';
import { CircleX, FileCode, TriangleAlert } from 'lucide-react';
import { useState } from 'react';
import { flushSync } from 'react-dom';
import { AsWritten } from '../../shared/ui/as-written.tsx';
import { Button } from '../../shared/ui/button.tsx';
import { CopyButton } from '../../shared/ui/copy-button.tsx';
import { annotationsInOrder } from './annotations-in-order.ts';
import { caretIndent, type ExcerptLine, parseExcerpt } from './excerpt.ts';

/** Shown before somebody asks for all of them: the log is below. */
const shownFirst = 5;

/** Problems found in the project's own sources, file by file. */
export function AnnotationList({ annotations }: { readonly annotations: readonly Annotation[] }) {
  const [isAll, setAll] = useState(false);
  const inOrder = annotationsInOrder(annotations);
  const shown = isAll ? inOrder : inOrder.slice(0, shownFirst);
  return (
    <div className="flex flex-col gap-4">
      {[...byFile(shown)].map(([file, ofFile]) => (
        <section key={file} aria-label={file} className="overflow-hidden rounded-lg border border-line">
          <div className="flex items-center gap-2 border-b border-line bg-panel-2 py-0.5 pr-1 pl-3">
            <FileCode className="size-4 shrink-0 text-muted" aria-hidden="true" />
            <h3 className="min-w-0 flex-1 font-mono text-xs font-medium wrap-anywhere">
              <AsWritten text={file} />
            </h3>
            <CopyButton kind="quiet" label={`Copy the path ${file}`} text={file} className="size-8" />
          </div>
          <ul className="divide-y divide-line">
            {ofFile.map((annotation, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two may be equal, and a card holds nothing of its own
              <AnnotationCard key={index} annotation={annotation} />
            ))}
          </ul>
        </section>
      ))}
      {annotations.length > shownFirst && (
        <Button
          aria-expanded={isAll}
          // In sight also below the long list, since it has the focus.
          className={`self-center ${isAll ? 'sticky bottom-3 shadow-float' : ''}`}
          onClick={({ currentTarget }) => {
            flushSync(() => setAll(!isAll));
            currentTarget.scrollIntoView({ block: 'nearest' });
          }}
        >
          {isAll ? `Show only the first ${shownFirst}` : `Show all ${annotations.length}`}
        </Button>
      )}
    </div>
  );
}

/** "2 errors, 1 warning in 2 files". */
export function annotationCounts(annotations: readonly Annotation[]): string {
  const errors = annotations.filter(({ severity }) => severity === 'error').length;
  const warnings = annotations.length - errors;
  const parts = [
    ...(errors > 0 ? [counted(errors, 'error')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return `${parts.join(', ')} in ${counted(byFile(annotations).size, 'file')}`;
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

const byFile = (annotations: readonly Annotation[]) => Map.groupBy(annotations, ({ file }) => file);

function AnnotationCard({ annotation }: { readonly annotation: Annotation }) {
  const { severity, line, column, code, message, excerpt } = annotation;
  const place = [line, column].filter((part) => part !== null).join(':');
  return (
    <li className="flex flex-col gap-2.5 p-3">
      <div className="flex gap-2.5">
        {severity === 'error' ? (
          <CircleX className="mt-0.5 size-4 shrink-0 text-bad" aria-label="Error" />
        ) : (
          <TriangleAlert className="mt-0.5 size-4 shrink-0 text-warn" aria-label="Warning" />
        )}
        <div className="min-w-0 flex-1">
          <p className="font-medium whitespace-pre-line wrap-anywhere">
            <AsWritten text={message} />
          </p>
          <p className="mt-0.5 flex flex-wrap gap-x-3 font-mono text-xs text-muted">
            {place !== '' && <span>{line === null ? place : `line ${place}`}</span>}
            {code !== null && <span>{code}</span>}
          </p>
        </div>
      </div>
      {excerpt !== null && <Excerpt annotation={annotation} excerpt={excerpt} />}
    </li>
  );
}

/** Scrolls by itself where lines are long; the mark, the bar and the caret all show the place. */
function Excerpt({ annotation, excerpt }: { readonly annotation: Annotation; readonly excerpt: string }) {
  const lines = parseExcerpt(excerpt);
  const name = `Source of ${annotation.file} around line ${annotation.line}`;
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area has to be reachable by keyboard
      tabIndex={0}
      aria-label={name}
      className="relative overflow-x-auto rounded-lg border border-line bg-bg py-1.5 font-mono text-xs leading-5 whitespace-pre"
    >
      {lines === null ? (
        <code className="block px-3">
          <AsWritten text={excerpt} />
        </code>
      ) : (
        <code className="block w-max min-w-full">
          {lines.map((line) => (
            <SourceLine key={line.number} line={line} column={annotation.column} />
          ))}
        </code>
      )}
    </section>
  );
}

interface SourceLineProps {
  readonly line: ExcerptLine;
  readonly column: number | null;
}

function SourceLine({ line: { number, text, isMarked }, column }: SourceLineProps) {
  const indent = isMarked && column !== null ? caretIndent(text, column) : null;
  return (
    <span className={`block border-l-2 ${isMarked ? 'border-bad bg-bad-soft' : 'border-bg bg-bg text-muted'}`}>
      <span className={gutter}>{number}</span>
      <span className="pr-4">
        <AsWritten text={text} />
      </span>
      {indent !== null && (
        <span aria-hidden="true" className="block font-bold text-bad select-none">
          <span className={gutter} />
          {indent}
          <span ref={bringIntoSight}>^</span>
        </span>
      )}
    </span>
  );
}

const gutter = 'sticky left-0 inline-block bg-inherit w-12 pr-3 text-right font-normal select-none';

/** On a narrow screen the place that matters may be far to the right. */
function bringIntoSight(caret: HTMLElement | null): void {
  const area = caret?.closest('section');
  if (caret && area && caret.offsetLeft > area.clientWidth - caretMarginPx) {
    area.scrollLeft = caret.offsetLeft - area.clientWidth / 2;
  }
}

const caretMarginPx = 48;
