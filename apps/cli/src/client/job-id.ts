import { JobId } from '@yardmaster/domain';
import { UsageError } from '../command.ts';

/** The job id that a command was given as its only argument. */
export function jobIdFrom(positionals: readonly string[]): JobId {
  const [first, ...rest] = positionals;
  const id = JobId.safeParse(first);
  if (!id.success || rest.length > 0) throw new UsageError('Name exactly one job, by its id.');
  return id.data;
}
