import { memo } from 'react';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { describeEvent, type EventTone } from './describe-event.ts';

/** With more events than these, marks would touch: how many there are is drawn instead of every one. */
export const maxSingleMarks = 60;
const maxColumns = 240;
/** Lines between more attempts than these would be a pattern and tell nothing. */
const maxAttemptLines = 40;
const height = 20;

interface MomentMarksProps {
  readonly frames: readonly Frame[];
  readonly at: number;
}

/** What happened along the slider. The first and the last mark are at its very ends. */
export function MomentMarks({ frames, at }: MomentMarksProps) {
  if (frames.length > maxSingleMarks) return <ManyMarks frames={frames} />;
  const last = Math.max(1, frames.length - 1);
  return frames.map((frame) => (
    <Mark key={frame.revision} frame={frame} left={(frame.revision / last) * 100} isPast={frame.revision <= at} />
  ));
}

const markLooks: Readonly<Record<EventTone, string>> = {
  plain: 'size-1.5 rounded-full',
  ok: 'h-3 w-1 rounded-full bg-ok',
  warn: 'size-2 rotate-45 bg-warn',
  bad: 'h-3.5 w-1 rounded-full bg-bad',
};

const Mark = memo(function Mark({
  frame,
  left,
  isPast,
}: {
  readonly frame: Frame;
  readonly left: number;
  readonly isPast: boolean;
}) {
  const { tone } = describeEvent(frame.event);
  const colour = tone === 'plain' ? (isPast ? 'bg-accent-fg' : 'bg-edge') : '';
  return (
    <>
      {frame.event.type === 'BuildClaimed' && (
        <span
          className="absolute top-1/2 h-5 w-px -translate-1/2 bg-line-strong"
          style={{ insetInlineStart: `${left}%` }}
        />
      )}
      <span
        className={`absolute top-1/2 -translate-1/2 ring-2 ring-panel/0 ${markLooks[tone]} ${colour}`}
        style={{ insetInlineStart: `${left}%` }}
      />
    </>
  );
});

/** A few hundred columns however many events there are, drawn once per history and not per step. */
const ManyMarks = memo(function ManyMarks({ frames }: { readonly frames: readonly Frame[] }) {
  const columns = Math.min(maxColumns, frames.length);
  const paths: Record<EventTone | 'attempt', string> = { plain: '', ok: '', warn: '', bad: '', attempt: '' };
  const attempts = frames.at(-1)?.snapshot.context.attempt ?? 0;
  const drawn = new Set<string>();
  for (const { event, revision } of frames) {
    const column = Math.round((revision / (frames.length - 1)) * (columns - 1));
    const { tone } = describeEvent(event);
    const isAttemptLine = event.type === 'BuildClaimed' && attempts <= maxAttemptLines;
    const kind = isAttemptLine ? 'attempt' : tone;
    if (kind === 'plain' || drawn.has(`${kind}${column}`)) continue;
    drawn.add(`${kind}${column}`);
    paths[kind] += `M${column} 0V${height}`;
  }
  return (
    <svg
      className="absolute inset-0 size-full"
      viewBox={`0 0 ${columns - 1} ${height}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      fill="none"
      strokeWidth="2"
    >
      <path d={paths.attempt} className="stroke-line-strong" vectorEffect="non-scaling-stroke" />
      <path d={paths.ok} className="stroke-ok" vectorEffect="non-scaling-stroke" />
      <path d={paths.warn} className="stroke-warn" vectorEffect="non-scaling-stroke" />
      <path d={paths.bad} className="stroke-bad" vectorEffect="non-scaling-stroke" />
    </svg>
  );
});
