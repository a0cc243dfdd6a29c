import type { Tone } from '../../shared/jobs/job-display.ts';

const tones: Readonly<Record<string, Tone>> = {
  completed: 'ok',
  failed: 'bad',
  attemptFailed: 'bad',
  cancelled: 'off',
  cancelling: 'off',
  backingOff: 'waiting',
};

/** How a state is coloured while a build is in it. */
export function toneOf(stateId: string): Tone {
  const key = stateId.slice(stateId.lastIndexOf('.') + 1);
  return Object.hasOwn(tones, key) ? (tones[key] ?? 'working') : 'working';
}
