import type { BuildAt } from './build-at.ts';

type End = NonNullable<NonNullable<BuildAt['cancel']>['end']>;

/** What a cancelled build came to, in one sentence; where its end is not proven, why. */
export function endText({ proven, killed }: Pick<End, 'proven' | 'killed'>): string {
  if (proven) return 'Nothing of it runs on.';
  if (killed === null) return 'Not every worker that had it confirmed that nothing of it runs on.';
  if (!killed.workspaceRemoved) return 'Its worker could not remove everything that the build had written.';
  return 'It is not certain that every process of it has ended and every port is free.';
}

/** How many processes were ended that the evidence does not name. */
export function unnamedCount({ killedProcesses, killed }: Pick<End, 'killedProcesses' | 'killed'>): number {
  return Math.max(0, killedProcesses - (killed?.processes.length ?? 0));
}

/** "5173, 24678". */
export const portsText = (ports: readonly number[]): string => (ports.length === 0 ? 'None' : ports.join(', '));
