import { z } from 'zod';
import { accept, type Decider, reject } from '../decider.ts';
import { versionedEvents } from '../event-versions.ts';
import { WebsiteId } from '../ids.ts';
import { Slug } from './website.ts';

/**
 * Names compete for one host label, so each label is a stream of its own, `slug-<label>`: the event store lets exactly
 * one website reserve it.
 */
export const SlugEvent = z.object({
  type: z.literal('SlugReserved'),
  data: z.object({ websiteId: WebsiteId }),
});
export type SlugEvent = z.infer<typeof SlugEvent>;
export interface SlugCommand {
  readonly type: 'ReserveSlug';
  readonly websiteId: WebsiteId;
}
export type SlugState = { readonly status: 'free' } | { readonly status: 'reserved'; readonly websiteId: WebsiteId };

export const slugDecider: Decider<SlugState, SlugCommand, SlugEvent> = {
  category: 'slug',
  machineVersion: 1,
  initialState: () => ({ status: 'free' }),
  decide({ websiteId }, state) {
    if (state.status === 'free') return accept<SlugEvent>({ type: 'SlugReserved', data: { websiteId } });
    return state.websiteId === websiteId ? accept() : reject('slug-taken', 'Another website has this address.');
  },
  evolve: (state, event) =>
    state.status === 'free'
      ? { ok: true, state: { status: 'reserved', websiteId: event.data.websiteId } }
      : { ok: false, drift: 'The label is reserved already.' },
  stateValue: (state) => state.status,
  ...versionedEvents(SlugEvent, {}),
};

/** Room for "-<number>" after the slug within the 63 characters of a host label. */
const maxSlugLength = 48;
/** What a candidate may add to a name: "x", and "-", eight characters of the salt and "x". */
const maxSlugSuffixLength = 11;

/**
 * Addresses for a name, best first: the name in host characters, then the same with letters of `salt` (a website id)
 * behind it. `<slug>-<build>` names one build, so a slug never ends in a hyphen and digits.
 */
export function slugCandidates(name: string, salt: string): readonly string[] {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const base = words.slice(0, maxSlugLength - maxSlugSuffixLength).replace(/-+$/, '') || 'site';
  const unnumbered = /(^|-)\d+$/.test(base) ? `${base}x` : base;
  const letters = salt.toLowerCase().replace(/[^a-z0-9]/g, '');
  return [unnumbered, `${unnumbered}-${letters.slice(-4)}x`, `${unnumbered}-${letters.slice(-8)}x`].map((slug) =>
    Slug.parse(slug),
  );
}
