import { createHash } from 'node:crypto';
import type { UserId } from '@yardmaster/domain';
import type { Request } from 'express';
import { HttpProblem } from './problem-details.ts';

const maxKeyLength = 255;

/**
 * Makes the ids of what a POST creates. With an `Idempotency-Key` they follow from user, route and key, so the same
 * request again names the same things and the use case finds them made already; without one they are new.
 */
export function createIds(
  req: Request,
  { userId, newId }: { readonly userId: UserId; readonly newId: () => string },
): (purpose: string) => string {
  const key = req.get('Idempotency-Key');
  if (key === undefined) return () => newId();
  if (key.length === 0 || key.length > maxKeyLength) {
    throw new HttpProblem(422, 'invalid-request', 'The Idempotency-Key must have 1 to 255 characters.', {
      errors: [{ path: 'Idempotency-Key', message: `1 to ${maxKeyLength} characters` }],
    });
  }
  const route = `${req.method} ${req.baseUrl}${req.path}`;
  return (purpose) => uuidFrom(JSON.stringify([userId, route, key, purpose]));
}

/** A version 8 UUID (RFC 9562: free-form) out of a SHA-256: the same text always gives the same one. */
export function uuidFrom(text: string): string {
  const bytes = createHash('sha256').update(text).digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
