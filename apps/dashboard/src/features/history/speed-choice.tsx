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
  return <Select label="Speed of playing" value={speed} options={options} onChange={onChoose} className={className} />;
}

/** Says what real time leaves out. */
export function SpeedNote({ speed }: { readonly speed: PlaySpeed }) {
  if (speed !== 'real') return null;
  return (
    <p className="pb-1 text-xs text-muted">
      Played as it happened; pauses of more than {longestPauseMs / 1_000} s are shortened to that.
    </p>
  );
}
