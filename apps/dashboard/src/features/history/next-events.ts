import type { BuildJobSnapshot } from '@yardmaster/domain';

/**
 * The types of event that the machine has an arrow for where it is now, in the order in which it tells them. A guard may
 * still refuse one: the report of another worker, say.
 */
export function eventsPossibleNext({ _nodes }: BuildJobSnapshot): readonly string[] {
  return [...new Set(_nodes.flatMap(({ ownEvents }) => ownEvents))];
}
