import { WorkerLoss } from '@yardmaster/domain';
import { z } from 'zod';
import { BuildError } from './build-views.ts';

/** A build that was set aside because it may have brought its workers down, as operators and admins see it. */
export const DeadLetterView = z.object({
  jobId: z.string(),
  websiteId: z.string(),
  websiteName: z.string(),
  ownerId: z.string(),
  buildNumber: z.int(),
  failedAt: z.string(),
  error: BuildError,
  /** Every worker that it lost, in the order of its attempts. */
  losses: z.array(WorkerLoss),
  /** The first job that was made of it again; null while it is set aside. */
  releasedAs: z.string().nullable(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

/** The newest first, at most {@link maxDeadLetters}; `total` counts them all. */
export const DeadLetterList = z.object({ deadLetters: z.array(DeadLetterView), total: z.int() });
export type DeadLetterList = z.infer<typeof DeadLetterList>;

export const maxDeadLetters = 200;

/** A job made of another one: by a retry, a release. */
export const NewJobAnswer = z.object({ success: z.literal(true), jobId: z.string(), queuePosition: z.int() });
export type NewJobAnswer = z.infer<typeof NewJobAnswer>;
