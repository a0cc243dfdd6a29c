import {
  type BuildSettings,
  type BuildSource,
  defaultMaxAttempts,
  type JobId,
  type Rejection,
  reject,
  slugCandidates,
  type UserId,
  type WebsiteId,
  type WebsiteState,
} from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { Position } from '../ports/event-store.ts';

export interface RequestBuild {
  readonly owner: UserId;
  readonly website:
    | { readonly kind: 'existing'; readonly id: WebsiteId }
    | { readonly kind: 'new'; readonly id: WebsiteId; readonly name: string };
  /** Chosen by the caller, so that the same request again (an idempotency key) makes the same job. */
  readonly jobId: JobId;
  /** Already in the artifact store, durably: the job may run from the moment it is recorded. */
  readonly source: BuildSource;
  readonly preview: 'static' | 'dev';
  readonly priority: number;
  /** The website's own settings by default. */
  readonly settings?: BuildSettings;
  readonly retryOf?: JobId;
  /** Who asks, where it is not the owner. */
  readonly requestedBy?: UserId;
  readonly correlationId?: string;
}

export type RequestBuildResult =
  | {
      readonly ok: true;
      readonly websiteId: WebsiteId;
      readonly websiteName: string;
      readonly jobId: JobId;
      readonly buildNumber: number;
      /** Null when this very request was recorded before. */
      readonly position: Position | null;
    }
  | { readonly ok: false; readonly rejection: Rejection };

/**
 * Takes a build in: the website (made when new), its next build number, then the job. Each is one append to one stream;
 * a crash between them leaves at most a website without the build, and the same request again completes it.
 */
export async function requestBuild(actors: Actors, request: RequestBuild): Promise<RequestBuildResult> {
  const envelope = {
    actor: { kind: 'user', userId: request.requestedBy ?? request.owner } as const,
    correlationId: request.correlationId ?? request.jobId,
  };
  if (request.website.kind === 'new') {
    const created = await createWebsite(actors, { ...request.website, owner: request.owner, ...envelope });
    if (!created.ok) return created;
  }
  const websiteId = request.website.id;
  const known = await actors.website.load(websiteId);
  if (!isOwn(known.state, request.owner)) return reject('website-not-found', 'There is no such website.');

  const numbered = await actors.website.handle(
    websiteId,
    { type: 'AssignBuildNumber', jobId: request.jobId },
    envelope,
  );
  if (!numbered.ok) return numbered;
  const website = numbered.state;
  const buildNumber = website.status === 'none' ? undefined : website.buildNumbers.get(request.jobId);
  if (website.status === 'none' || buildNumber === undefined) {
    throw new Error(`website-${websiteId} assigned no number to ${request.jobId}.`);
  }
  const requested = await actors.buildJob.handle(
    request.jobId,
    {
      type: 'RequestBuild',
      websiteId,
      websiteName: website.name,
      userId: request.owner,
      buildNumber,
      previewName: `${website.slug}-${buildNumber}`,
      priority: request.priority,
      maxAttempts: defaultMaxAttempts,
      preview: request.preview,
      source: request.source,
      settings: request.settings ?? website.settings,
      retryOf: request.retryOf ?? null,
    },
    envelope,
  );
  if (!requested.ok) return requested;
  return {
    ok: true,
    websiteId,
    websiteName: website.name,
    jobId: request.jobId,
    buildNumber,
    position: requested.position,
  };
}

/** Makes a website under the first free address for its name. The same id again succeeds and changes nothing. */
export async function createWebsite(
  actors: Actors,
  website: {
    readonly id: WebsiteId;
    readonly name: string;
    readonly owner: UserId;
    readonly correlationId?: string;
  },
): Promise<{ ok: true; position: Position | null } | { ok: false; rejection: Rejection }> {
  const { id, name, owner } = website;
  const envelope = {
    actor: { kind: 'user', userId: owner } as const,
    ...(website.correlationId === undefined ? {} : { correlationId: website.correlationId }),
  };
  if ((await actors.website.load(id)).revision >= 0) return { ok: true, position: null };
  for (const slug of slugCandidates(name, id)) {
    const reserved = await actors.slug.handle(slug, { type: 'ReserveSlug', websiteId: id }, envelope);
    if (reserved.ok) {
      return await actors.website.handle(id, { type: 'CreateWebsite', name, slug, ownerId: owner }, envelope);
    }
  }
  return reject('address-taken', `No address is free for the name "${name}".`);
}

/** True for a website that exists and belongs to the user. */
export function isOwn(
  website: WebsiteState,
  user: UserId,
): website is Extract<WebsiteState, { status: 'active' | 'deleted' }> {
  return website.status === 'active' && website.ownerId === user;
}
