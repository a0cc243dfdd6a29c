import { z } from 'zod';

/**
 * Identifiers are branded so that one kind cannot be passed for another.
 * Every id that becomes part of a stream name is limited to the characters below:
 * they are safe in NATS subjects, file names and URLs.
 */
const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'An id has 1 to 64 letters, digits, "_" or "-".');

export const JobId = identifier.brand<'JobId'>();
export type JobId = z.infer<typeof JobId>;

export const WebsiteId = identifier.brand<'WebsiteId'>();
export type WebsiteId = z.infer<typeof WebsiteId>;

export const UserId = identifier.brand<'UserId'>();
export type UserId = z.infer<typeof UserId>;

export const WorkerId = identifier.brand<'WorkerId'>();
export type WorkerId = z.infer<typeof WorkerId>;

export const ArtifactId = identifier.brand<'ArtifactId'>();
export type ArtifactId = z.infer<typeof ArtifactId>;

export const NotificationId = z.string().min(1).max(160).brand<'NotificationId'>();
export type NotificationId = z.infer<typeof NotificationId>;

/** ISO 8601 in UTC with milliseconds, the only form in which a moment is stored. */
export const Timestamp = z.iso.datetime({ precision: 3 });
export type Timestamp = z.infer<typeof Timestamp>;
