import { Slider } from 'radix-ui';
import { type PointerEvent, useRef, useState } from 'react';
import { clockText } from '../../shared/format/moments.ts';
import type { Frame } from '../../shared/replay/replay-build.ts';
import { describeEvent } from './describe-event.ts';
import { offsetText, sinceRequestMs } from './event-times.ts';
import { MomentMarks } from './moment-marks.tsx';

interface MomentSliderProps {
  readonly frames: readonly Frame[];
  readonly at: number;
  /** The moment in words, for a screen reader. */
  readonly text: string;
  readonly onChange: (at: number) => void;
}

/** Every event of a build on a line, evenly spaced; the thumb is at the one that is looked at. */
export function MomentSlider({ frames, at, text, onChange }: MomentSliderProps) {
  const last = frames.length - 1;
  const line = useRef<HTMLDivElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);

  const point = ({ clientX, pointerType }: PointerEvent) => {
    const box = line.current?.getBoundingClientRect();
    if (box === undefined || box.width === 0 || pointerType === 'touch') return;
    setPointed(Math.min(last, Math.max(0, Math.round(((clientX - box.left) / box.width) * last))));
  };
  return (
    <Slider.Root
      className="relative flex h-8 touch-none items-center select-none data-disabled:opacity-50 pointer-coarse:h-11"
      min={0}
      max={Math.max(1, last)}
      value={[Math.max(0, at)]}
      disabled={last < 1}
      onValueChange={([chosen]) => chosen !== undefined && onChange(Math.min(last, chosen))}
      onPointerMove={point}
      onPointerLeave={() => setPointed(null)}
    >
      <Slider.Track className="relative h-1.5 grow rounded-full bg-panel-2">
        <Slider.Range className="absolute h-full rounded-full bg-accent" />
      </Slider.Track>
      {/* The thumb keeps within the ends: its middle goes from one half of it to the other. */}
      <div ref={line} className="pointer-events-none absolute inset-x-2.25 inset-y-1.5 pointer-coarse:inset-y-3">
        <MomentMarks frames={frames} at={at} />
        {pointed !== null && <PointedMoment frames={frames} revision={pointed} />}
      </div>
      <Slider.Thumb
        aria-label="Moment"
        aria-valuetext={text}
        className="relative block size-4.5 rounded-full border-2 border-accent bg-panel shadow-panel transition-shadow after:absolute after:-inset-2 hover:shadow-[0_0_0_4px_var(--accent-soft)]"
      />
    </Slider.Root>
  );
}

/** Which event the pointer is over, before it is gone to. */
function PointedMoment({ frames, revision }: { readonly frames: readonly Frame[]; readonly revision: number }) {
  const frame = frames[revision];
  if (frame === undefined) return null;
  const share = revision / Math.max(1, frames.length - 1);
  return (
    <div
      aria-hidden="true"
      className="absolute bottom-full z-10 mb-1 w-max max-w-80 rounded-lg bg-fg px-2 py-1 text-xs text-bg shadow-float"
      // At the left end it begins at the mark, at the right end it ends there: it never leaves the bar.
      style={{ insetInlineStart: `${share * 100}%`, transform: `translateX(${-share * 100}%)` }}
    >
      <span className="font-medium">{describeEvent(frame.event).title}</span>
      <span className="ml-1.5 tabular-nums opacity-80">
        {clockText(frame.atMs)} · {offsetText(sinceRequestMs(frames, revision))}
      </span>
    </div>
  );
}
