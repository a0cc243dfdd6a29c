import { z } from 'zod';
import { type Upcaster, type Upcasters, upcaster } from '../event-versions.ts';
import type { BuildJobEvent } from './events.ts';

/** From data that lacks what today's has: what nobody recorded is told as unknown, or as the answer that claims least. */
const lacking = (unrecorded: Readonly<Record<string, unknown>>): Upcaster =>
  upcaster(z.looseObject({}), (data) => ({ ...data, ...unrecorded }));

/** How stored events of a build are brought to their shapes of today; see `versionedEvents`. */
export const buildJobUpcasters: Upcasters<BuildJobEvent['type']> = {
  WorkerLost: [lacking({ alone: false })],
  BuildReturned: [lacking({ proven: false })],
  BuildCancelled: [lacking({ killed: null })],
  BuildFailed: [lacking({ deadLetter: false, losses: [] })],
};
