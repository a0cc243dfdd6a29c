import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, type LucideIcon, Pause, Play } from 'lucide-react';
import { type ComponentProps, useState } from 'react';
import { clockText, momentText } from '../../shared/format/moments.ts';
import type { Frame, Replay } from '../../shared/replay/replay-build.ts';
import { stateWords } from '../../shared/replay/words.ts';
import { IconButton } from '../../shared/ui/button.tsx';
import { Skeleton } from '../../shared/ui/skeleton.tsx';
import { describeEvent } from './describe-event.ts';
import { offsetText, sinceRequestMs } from './event-times.ts';
import { MomentSlider } from './moment-slider.tsx';
import { SpeedChoice, SpeedNote } from './speed-choice.tsx';
import { useCalmText } from './use-calm-text.ts';
import { usePlayback } from './use-playback.ts';

/** A screen reader is told of steps at most this often, in milliseconds. */
const sayPauseMs = 700;

export interface TimeTravelBarProps {
  readonly replay: Replay;
  /** The revision that is looked at. */
  readonly at: number;
  readonly isLive: boolean;
  /** Goes to a moment; null goes back to now, and stays there. */
  readonly onMoment: (at: number | null) => void;
}

/**
 * Goes through a build's history: by button, by slider, or playing it. The last event is now, so going there is going
 * live. Keys outside of it are the shell's: it presses the button that names the key in `data-shortcut`.
 */
export function TimeTravelBar({ replay, at, isLive, onMoment }: TimeTravelBarProps) {
  const { frames } = replay;
  const last = frames.length - 1;
  const [isStepping, setStepping] = useState(false);
  const goTo = (revision: number) => onMoment(revision >= last ? null : Math.max(0, revision));
  const playback = usePlayback({ frames, at, goTo });
  const step = (revision: number) => {
    playback.pause();
    setStepping(true);
    goTo(revision);
  };
  const frame = frames[at];
  if (frame === undefined) return <Skeleton className="m-4 h-16" />;
  const text = momentInWords(frame);
  const [isAtFirst, isAtLast] = [at === 0, at >= last];
  const play = isAtLast ? 'Play from the first event' : 'Play';
  return (
    <section aria-label="Time travel" className="@container px-4 pt-3 pb-2">
      {/* Where it is narrow: the buttons and the count, and below them the moment and the speed. */}
      <div className="flex flex-wrap items-center gap-x-2 gap-y-2 @2xl:gap-x-4">
        <div className="flex gap-1.5 @2xl:gap-2">
          <Step label="First event" icon={ChevronFirst} isOff={isAtFirst} onClick={() => step(0)} />
          <Step
            label="Previous event"
            icon={ChevronLeft}
            isOff={isAtFirst}
            data-shortcut=","
            onClick={() => step(at - 1)}
          />
          <Step
            label={playback.isPlaying ? 'Pause' : play}
            icon={playback.isPlaying ? Pause : Play}
            kind="primary"
            isOff={last < 1}
            data-shortcut="space"
            onClick={() => {
              setStepping(true);
              playback.toggle();
            }}
          />
          <Step
            label="Next event"
            icon={ChevronRight}
            isOff={isAtLast}
            data-shortcut="."
            onClick={() => step(at + 1)}
          />
          <Step label="Jump to live" icon={ChevronLast} isOff={isLive} data-shortcut="l" onClick={() => step(last)} />
        </div>
        <p className="order-1 min-w-0 flex-1 truncate @max-2xl:basis-[60%]" title={momentText(frame.atMs)}>
          <span className="font-medium">{stateWords(frame.snapshot.value)}</span>
          <span className="text-muted tabular-nums">
            {' · '}
            {clockText(frame.atMs)}
            {' · '}
            {offsetText(sinceRequestMs(frames, at))}
          </span>
        </p>
        <SpeedChoice speed={playback.speed} onChoose={playback.choose} className="order-2 @2xl:ml-auto" />
        <p className="ml-auto text-right text-[13px] text-muted tabular-nums @2xl:order-2 @2xl:ml-0 @2xl:min-w-14">
          <span className="sr-only">Event </span>
          {at + 1} / {frames.length}
        </p>
      </div>
      <MomentSlider
        frames={frames}
        at={at}
        text={`${at + 1} of ${frames.length}: ${text}`}
        onChange={(revision) => {
          playback.pause();
          // The slider itself is read out as it moves.
          setStepping(false);
          goTo(revision);
        }}
      />
      <SpeedNote speed={playback.speed} />
      <Announcer text={isStepping ? (isLive ? 'Live' : text) : ''} />
    </section>
  );
}

function momentInWords({ event, snapshot, atMs }: Frame): string {
  return `${describeEvent(event).title}, state ${stateWords(snapshot.value)}, ${clockText(atMs)}`;
}

function Announcer({ text }: { readonly text: string }) {
  return (
    <p role="status" className="sr-only">
      {useCalmText(text, sayPauseMs)}
    </p>
  );
}

interface StepProps extends ComponentProps<typeof IconButton> {
  readonly icon: LucideIcon;
  readonly isOff: boolean;
  readonly onClick: () => void;
}

/** A button that keeps the focus when there is nowhere to go any more. */
function Step({ icon: Icon, isOff, onClick, ...props }: StepProps) {
  return (
    <IconButton aria-disabled={isOff || undefined} onClick={() => !isOff && onClick()} {...props}>
      <Icon aria-hidden="true" />
    </IconButton>
  );
}
