import type { StateValue } from '@yardmaster/domain';

/** The name of a state or an event in plain words: "backing off" for `backingOff`, "build claimed" for `BuildClaimed`. */
export function plainWords(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase();
}

/** Where a machine is, from the outside in: "building › installing". */
export function stateWords(value: StateValue): string {
  if (typeof value === 'string') return plainWords(value);
  return Object.entries(value)
    .map(([state, inner]) => `${plainWords(state)} › ${stateWords(inner)}`)
    .join(', ');
}
