import { buildJobDecider } from './build-job/decider.ts';
import type { Decider } from './decider.ts';
import { logDecider } from './log/log.ts';
import { previewDecider } from './preview/preview.ts';
import type { DomainEvent } from './stored-event.ts';
import { userDecider } from './user/user.ts';
import { slugDecider } from './website/slug.ts';
import { websiteDecider } from './website/website.ts';

/** A decider of which only its own results are given back to it. */
export type AnyDecider = Decider<unknown, unknown, DomainEvent>;

/** The model of every category of streams. */
export const deciders: readonly AnyDecider[] = [
  buildJobDecider,
  websiteDecider,
  slugDecider,
  userDecider,
  previewDecider,
  logDecider,
];
