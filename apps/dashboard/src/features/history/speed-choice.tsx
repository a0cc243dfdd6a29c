import { Select } from '../../shared/ui/select.tsx';
import { longestPauseMs, type PlaySpeed } from './playback-machine.ts';

const options = [
  { value: '0.5', label: '0.5×' },
  { value: '1', label: '1×' },
  { value: '2', label: '2×' },
  { value: '4', label: '4×' },
  { value: 'real', label: 'Real time' },
] as const satisfies readonly { readonly value: PlaySpeed; readonly label: string }[];

interface SpeedChoiceProps {
  readonly speed: PlaySpeed;
  readonly onChoose: (speed: PlaySpeed) => void;
  readonly className?: string;
}

/** How fast a history is played. */
export function SpeedChoice({ speed, onChoose, className = '' }: SpeedChoiceProps) {
  return (
    <span className={`flex items-center gap-2 ${className}`}>
      {speed === 'real' && (
        <span className="max-w-24 text-right text-xs text-muted text-balance @2xl:max-w-none">
          pauses of at most {longestPauseMs / 1_000} s
        </span>
      )}
      <Select label="Speed of playing" value={speed} options={options} onChange={onChoose} />
    </span>
  );
}
