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
}

/** How fast a history is played. */
export function SpeedChoice({ speed, onChoose }: SpeedChoiceProps) {
  return (
    <span className="flex items-center gap-2">
      {speed === 'real' && <span className="text-xs text-muted">pauses shortened to {longestPauseMs / 1_000} s</span>}
      <Select label="Speed of playing" value={speed} options={options} onChange={onChoose} />
    </span>
  );
}
