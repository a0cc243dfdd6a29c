import { statuses } from '@yardmaster/domain';
import { z } from 'zod';

/** The view of the queue as it stands in the address; what is not there is not filtered. */
export const QueueSearch = z.object({
  status: z.array(z.enum(statuses)).min(1).optional().catch(undefined),
  website: z.string().optional().catch(undefined),
  q: z.string().max(200).optional().catch(undefined),
  /** Days, as `2026-01-31`. */
  from: z.iso.date().optional().catch(undefined),
  to: z.iso.date().optional().catch(undefined),
  sort: z.enum(['newest', 'oldest', 'name', 'priority', 'duration']).optional().catch(undefined),
  page: z.int().min(1).optional().catch(undefined),
});
export type QueueSearch = z.infer<typeof QueueSearch>;
