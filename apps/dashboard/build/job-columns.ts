import { buildJobMachine } from '@yardmaster/domain';
import type { Column } from './lay-out-chart.ts';

/**
 * How the build-job machine's chart is set in a wide window: waiting, building, the rest of an attempt, the ends. Only
 * where things stand; what there is comes from the machine alone, and a state that is not named here is drawn too.
 */
export const jobColumns: readonly Column[] = [
  column('DOWN', ['pending', 'queued', 'dispatched']),
  column('DOWN', ['building']),
  column('UP', ['backingOff', 'attemptFailed', 'running', 'cancelling']),
  column(null, ['failed', 'completed', 'cancelled']),
];

function column(flow: Column['flow'], keys: readonly string[]): Column {
  return { flow, states: keys.map((key) => `${buildJobMachine.id}.${key}`) };
}
