import {
  ArtifactId,
  type BuildRequest,
  BuildSettings,
  type BuildSource,
  type DecisionContext,
  defaultMaxAttempts,
  defaultPriority,
  JobId,
  UserId,
  WebsiteId,
  WorkerId,
} from '@yardmaster/domain';

/** The moment at which examples happen unless they say otherwise. */
export const aMoment = '2026-01-01T12:00:00.000Z';

/** `aMoment` and some milliseconds, as stored. */
export function momentsLater(ms: number): string {
  return new Date(Date.parse(aMoment) + ms).toISOString();
}

export function aDecisionContext(context: Partial<DecisionContext> = {}): DecisionContext {
  return { now: aMoment, random: 0.5, ...context };
}

/** Ids that say what they name and which of several they are; the same number gives the same id. */
export const aJobId = (n = 1) => JobId.parse(`job-${n}`);
export const aWebsiteId = (n = 1) => WebsiteId.parse(`website-${n}`);
export const aUserId = (n = 1) => UserId.parse(`user-${n}`);
export const aWorkerId = (n = 1) => WorkerId.parse(`worker-${n}`);
export const anArtifactId = (n = 1) => ArtifactId.parse(`artifact-${n}`);

export function aBuildSource(changes: Partial<BuildSource> = {}): BuildSource {
  return {
    artifactId: anArtifactId(),
    format: 'zip',
    sha256: 'a'.repeat(64),
    sizeBytes: 1_024,
    originalName: 'website.zip',
    websiteType: 'react',
    ...changes,
  };
}

export function buildSettings(changes: Partial<BuildSettings> = {}): BuildSettings {
  return { ...BuildSettings.parse({}), ...changes };
}

export function aBuildRequest(changes: Partial<BuildRequest> = {}): BuildRequest {
  return {
    websiteId: aWebsiteId(),
    websiteName: 'Garden club',
    userId: aUserId(),
    buildNumber: 1,
    previewName: 'garden-club-1',
    priority: defaultPriority,
    maxAttempts: defaultMaxAttempts,
    preview: 'static',
    source: aBuildSource(),
    settings: buildSettings(),
    retryOf: null,
    ...changes,
  };
}
