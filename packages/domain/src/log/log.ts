import { initialTransition, type SnapshotFrom, setup, transition } from 'xstate';
import { z } from 'zod';
import { accept, type Decider } from '../decider.ts';
import { versionedEvents } from '../event-versions.ts';
import { ArtifactId } from '../ids.ts';

/** A build's log once it is complete, in `log-<jobId>`: where it is kept, and what is missing from it. */
export const LogEvent = z.object({
  type: z.literal('LogSealed'),
  data: z.object({
    artifactId: ArtifactId,
    lines: z.int().nonnegative(),
    /** Lines of the last attempt that its worker counted but that were not taken: lost, late or beyond a log's bounds. */
    missingLines: z.int().nonnegative(),
    sizeBytes: z.int().nonnegative(),
  }),
});
export type LogEvent = z.infer<typeof LogEvent>;
export type LogCommand = { readonly type: 'SealLog' } & LogEvent['data'];

export const logMachine = setup({ types: {} as { events: LogEvent } }).createMachine({
  id: 'log',
  initial: 'open',
  states: { open: { on: { LogSealed: 'sealed' } }, sealed: { type: 'final' } },
});
export type LogSnapshot = SnapshotFrom<typeof logMachine>;

export const logDecider: Decider<LogSnapshot, LogCommand, LogEvent> = {
  category: 'log',
  machineVersion: 1,
  initialState: () => initialTransition(logMachine)[0],
  decide({ type: _, ...data }, state) {
    return state.value === 'sealed' ? accept() : accept<LogEvent>({ type: 'LogSealed', data });
  },
  evolve: (state, event) =>
    state.can(event)
      ? { ok: true, state: transition(logMachine, state, event)[0] }
      : { ok: false, drift: 'The log is sealed already.' },
  stateValue: (state) => state.value,
  ...versionedEvents(LogEvent, {}),
};
