import { z } from 'zod';

/** What of a build's page is in its address. */
export const BuildSearch = z.object({
  /** The revision that is looked at; without it the page shows the build as it is now. */
  at: z.int().nonnegative().optional().catch(undefined),
  /** The line of the log that a link points at. */
  line: z.int().positive().optional().catch(undefined),
});
export type BuildSearch = z.infer<typeof BuildSearch>;
