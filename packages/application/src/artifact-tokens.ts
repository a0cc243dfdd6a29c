import { createHmac, timingSafeEqual } from 'node:crypto';
import { JobId } from '@yardmaster/domain';
import type { Clock } from './ports/clock.ts';

/** What an artifact token allows: to fetch the source of one job and to hand in the output of one attempt of it. */
export interface ArtifactGrant {
  readonly jobId: JobId;
  readonly attempt: number;
  /** ISO 8601 UTC. */
  readonly expiresAt: string;
}

export interface ArtifactTokens {
  issue(grant: ArtifactGrant): string;
  /** What the token allows; null when it was not made with this key, was changed, or has expired. */
  verify(token: string): ArtifactGrant | null;
}

/** The length of a key, in bytes. */
export const artifactKeyBytes = 32;

/**
 * Tokens that need no store: `<job>.<attempt>.<expiry in ms>.<HMAC-SHA-256 of these>`. Whoever has the key can check
 * them, so any gateway serves any worker. Whether the attempt is still the job's current one is for the caller to ask.
 */
export function createArtifactTokens({
  key,
  clock,
}: {
  readonly key: Uint8Array;
  readonly clock: Clock;
}): ArtifactTokens {
  if (key.length < artifactKeyBytes) throw new Error(`The artifact key has fewer than ${artifactKeyBytes} bytes.`);
  const sign = (claims: string): Buffer => createHmac('sha256', key).update(`artifact:${claims}`).digest();
  return {
    issue({ jobId, attempt, expiresAt }) {
      const claims = `${jobId}.${attempt}.${Date.parse(expiresAt)}`;
      return `${claims}.${sign(claims).toString('base64url')}`;
    },
    verify(token) {
      const [, claims = '', jobId, attempt, expiresAtMs, signature = ''] =
        /^((.{1,64})\.(\d{1,9})\.(\d{1,15}))\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
      const given = Buffer.from(signature, 'base64url');
      const expected = sign(claims);
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
      if (Number(expiresAtMs) <= clock.now().getTime()) return null;
      const parsed = JobId.safeParse(jobId);
      if (!parsed.success) return null;
      return {
        jobId: parsed.data,
        attempt: Number(attempt),
        expiresAt: new Date(Number(expiresAtMs)).toISOString(),
      };
    },
  };
}
