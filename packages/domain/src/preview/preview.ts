import { assign, initialTransition, type SnapshotFrom, setup, transition } from 'xstate';
import { z } from 'zod';
import { accept, type Decider, reject } from '../decider.ts';
import { versionedEvents } from '../event-versions.ts';
import { ArtifactId, Timestamp, UserId, WebsiteId } from '../ids.ts';

/**
 * What becomes of a build's preview after its output was published, in `preview-<jobId>`. Its life outlasts the job's:
 * a job ends once, its preview may be stopped and started again.
 */
export const PreviewEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('PreviewStarted'),
    data: z.object({
      websiteId: WebsiteId,
      ownerId: UserId,
      /** The host label of this build, and the website's own, which shows the latest good build. */
      name: z.string().max(63),
      slug: z.string().max(63),
      artifactId: ArtifactId,
      spa: z.boolean(),
      expiresAt: Timestamp.nullable(),
    }),
  }),
  z.object({ type: z.literal('PreviewRenewed'), data: z.object({ expiresAt: Timestamp.nullable() }) }),
  z.object({ type: z.literal('PreviewExpired'), data: z.object({}) }),
  z.object({ type: z.literal('PreviewStopped'), data: z.object({ reason: z.string().max(200) }) }),
  z.object({
    type: z.literal('PreviewRestarted'),
    data: z.object({ artifactId: ArtifactId, spa: z.boolean(), expiresAt: Timestamp.nullable() }),
  }),
]);
export type PreviewEvent = z.infer<typeof PreviewEvent>;
type Started = Extract<PreviewEvent, { type: 'PreviewStarted' }>['data'];

export type PreviewCommand =
  | ({ readonly type: 'StartPreview' } & Started)
  | { readonly type: 'StopPreview'; readonly reason: string };

export const previewMachine = setup({
  types: {} as { context: { readonly artifactId: ArtifactId | null }; events: PreviewEvent },
  actions: {
    recordOutput: assign(({ event }) =>
      event.type === 'PreviewStarted' || event.type === 'PreviewRestarted' ? { artifactId: event.data.artifactId } : {},
    ),
  },
}).createMachine({
  id: 'preview',
  context: { artifactId: null },
  initial: 'none',
  states: {
    none: { on: { PreviewStarted: { target: 'live', actions: 'recordOutput' } } },
    live: {
      on: {
        PreviewRenewed: { target: 'live', reenter: true },
        PreviewRestarted: { target: 'live', reenter: true, actions: 'recordOutput' },
        PreviewExpired: 'expired',
        PreviewStopped: 'stopped',
      },
    },
    expired: {
      on: { PreviewRestarted: { target: 'live', actions: 'recordOutput' }, PreviewStopped: 'stopped' },
    },
    stopped: { on: { PreviewRestarted: { target: 'live', actions: 'recordOutput' } } },
  },
});
export type PreviewSnapshot = SnapshotFrom<typeof previewMachine>;

export const previewDecider: Decider<PreviewSnapshot, PreviewCommand, PreviewEvent> = {
  category: 'preview',
  machineVersion: 1,
  initialState: () => initialTransition(previewMachine)[0],
  decide(command, state) {
    switch (command.type) {
      case 'StartPreview': {
        const { type: _, ...data } = command;
        if (state.value === 'none') return accept<PreviewEvent>({ type: 'PreviewStarted', data });
        const { artifactId, spa, expiresAt } = data;
        if (state.value === 'live' && state.context.artifactId === artifactId) return accept();
        return accept<PreviewEvent>({ type: 'PreviewRestarted', data: { artifactId, spa, expiresAt } });
      }
      case 'StopPreview':
        if (state.value === 'none') return reject('preview-not-found', 'This build has no preview.');
        if (state.value === 'stopped') return accept();
        return accept<PreviewEvent>({ type: 'PreviewStopped', data: { reason: command.reason } });
      default:
        return command satisfies never;
    }
  },
  evolve: (state, event) =>
    state.can(event)
      ? { ok: true, state: transition(previewMachine, state, event)[0] }
      : { ok: false, drift: `The preview machine refuses ${event.type} in ${JSON.stringify(state.value)}.` },
  stateValue: (state) => state.value,
  ...versionedEvents(PreviewEvent, {}),
};
