import { z } from 'zod';
import { BuildSettings } from '../build-job/events.ts';
import { accept, type Decider, type Evolution, reject } from '../decider.ts';
import { versionedEvents } from '../event-versions.ts';
import { JobId, UserId } from '../ids.ts';

/** A name as it is stored. Stored data is checked, never changed: a replay has to see what the live state saw. */
const StoredName = z.string().min(1).max(100);
/** Control characters, and those that turn the direction of the text around them: a name is shown among other text. */
const unshowable = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;

/** A name as a person types it. */
export const WebsiteName = z
  .string()
  .trim()
  .refine((name) => !unshowable.test(name), 'A name holds no line breaks or other control characters.')
  .pipe(StoredName);

/** The most builds of one website; its numbers never start again. */
export const maxBuildsPerWebsite = 100_000;

/** A host label: what previews are named after. Never ends in a number, so `<slug>-<build>` is unambiguous. */
export const Slug = z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?$/);

export const WebsiteEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('WebsiteCreated'),
    data: z.object({ name: StoredName, slug: Slug, ownerId: UserId }),
  }),
  z.object({ type: z.literal('WebsiteRenamed'), data: z.object({ name: StoredName }) }),
  z.object({ type: z.literal('WebsiteSettingsChanged'), data: z.object({ settings: BuildSettings }) }),
  z.object({
    type: z.literal('BuildNumberAssigned'),
    data: z.object({ jobId: JobId, buildNumber: z.int().positive() }),
  }),
  z.object({ type: z.literal('WebsiteDeleted'), data: z.object({}) }),
]);
export type WebsiteEvent = z.infer<typeof WebsiteEvent>;

export type WebsiteCommand =
  | { readonly type: 'CreateWebsite'; readonly name: string; readonly slug: string; readonly ownerId: UserId }
  | { readonly type: 'RenameWebsite'; readonly name: string }
  | { readonly type: 'ChangeWebsiteSettings'; readonly settings: BuildSettings }
  | { readonly type: 'AssignBuildNumber'; readonly jobId: JobId }
  | { readonly type: 'DeleteWebsite' };

export type WebsiteState =
  | { readonly status: 'none' }
  | {
      readonly status: 'active' | 'deleted';
      readonly name: string;
      readonly slug: string;
      readonly ownerId: UserId;
      readonly settings: BuildSettings;
      readonly buildNumbers: ReadonlyMap<JobId, number>;
    };

export const websiteDecider: Decider<WebsiteState, WebsiteCommand, WebsiteEvent> = {
  category: 'website',
  machineVersion: 1,
  initialState: () => ({ status: 'none' }),
  decide(command, state) {
    if (command.type === 'CreateWebsite') {
      if (state.status !== 'none') return accept();
      const { type: _, ...data } = command;
      return accept<WebsiteEvent>({ type: 'WebsiteCreated', data });
    }
    if (state.status === 'deleted' && command.type === 'DeleteWebsite') return accept();
    if (state.status !== 'active') return reject('website-not-found', 'There is no such website.');
    switch (command.type) {
      case 'RenameWebsite':
        if (command.name === state.name) return accept();
        return accept<WebsiteEvent>({ type: 'WebsiteRenamed', data: { name: command.name } });
      case 'ChangeWebsiteSettings':
        return accept<WebsiteEvent>({ type: 'WebsiteSettingsChanged', data: { settings: command.settings } });
      case 'AssignBuildNumber': {
        if (state.buildNumbers.has(command.jobId)) return accept();
        const buildNumber = state.buildNumbers.size + 1;
        if (buildNumber > maxBuildsPerWebsite) {
          return reject('too-many-builds', `A website has at most ${maxBuildsPerWebsite} builds.`);
        }
        return accept<WebsiteEvent>({ type: 'BuildNumberAssigned', data: { jobId: command.jobId, buildNumber } });
      }
      case 'DeleteWebsite':
        return accept<WebsiteEvent>({ type: 'WebsiteDeleted', data: {} });
      default:
        return command satisfies never;
    }
  },
  evolve(state, event): Evolution<WebsiteState> {
    if (event.type === 'WebsiteCreated') {
      if (state.status !== 'none') return { ok: false, drift: 'The website exists already.' };
      const settings = BuildSettings.parse({});
      return { ok: true, state: { status: 'active', ...event.data, settings, buildNumbers: new Map() } };
    }
    if (state.status !== 'active') return { ok: false, drift: `${event.type} on a website that is ${state.status}.` };
    switch (event.type) {
      case 'WebsiteRenamed':
        return { ok: true, state: { ...state, name: event.data.name } };
      case 'WebsiteSettingsChanged':
        return { ok: true, state: { ...state, settings: event.data.settings } };
      case 'BuildNumberAssigned': {
        const { jobId, buildNumber } = event.data;
        return { ok: true, state: { ...state, buildNumbers: new Map(state.buildNumbers).set(jobId, buildNumber) } };
      }
      case 'WebsiteDeleted':
        return { ok: true, state: { ...state, status: 'deleted' } };
      default:
        return event satisfies never;
    }
  },
  stateValue: (state) => state.status,
  ...versionedEvents(WebsiteEvent, {}),
};
