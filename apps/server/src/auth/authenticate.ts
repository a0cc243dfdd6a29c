import type { IncomingMessage } from 'node:http';
import { type Clock, hashSecret, type ReadModels } from '@yardmaster/application';
import { parseCookie } from 'cookie';
import type { CookieOptions, RequestHandler } from 'express';
import type { Addresses } from '../addresses.ts';
import { HttpProblem } from '../http/problem-details.ts';
import { awaitOwnWrite } from '../http/read-your-writes.ts';
import type { Viewer } from './viewer.ts';

/**
 * With the prefix browsers take the cookie only from this very host over https, so that no preview on a sibling of our
 * domain can plant one. Over http they refuse such a cookie altogether.
 */
export const sessionCookieName = ({ isHttps }: Addresses): string =>
  isHttps ? '__Host-yardmaster_session' : 'yardmaster_session';

export interface AuthenticationParts {
  readonly readModels: ReadModels;
  readonly clock: Clock;
  readonly addresses: Addresses;
}

/** Host-only, so that no preview ever gets it. */
export const sessionCookieOptions = ({ isHttps }: Addresses): CookieOptions => ({
  httpOnly: true,
  sameSite: 'lax',
  secure: isHttps,
  path: '/',
});

/** Who sent this request: by bearer token, else by session cookie; null when neither is there or good. */
export function findViewer(
  { readModels, clock, addresses }: AuthenticationParts,
  headers: IncomingMessage['headers'],
): Viewer | null {
  const { authorization, cookie } = headers;
  if (authorization !== undefined) {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return null;
    const credentialHash = hashSecret(token);
    const user = readModels.userByTokenHash(credentialHash);
    return user === null ? null : { ...user, via: 'token', credentialHash };
  }
  const session = cookie === undefined ? undefined : parseCookie(cookie)[sessionCookieName(addresses)];
  if (session === undefined || session === '') return null;
  const credentialHash = hashSecret(session);
  const user = readModels.userBySessionHash(credentialHash, clock.now().toISOString());
  return user === null ? null : { ...user, via: 'session', credentialHash };
}

/** Whether the credential that signed somebody in is still good: for connections that outlive a request. */
export function isStillSignedIn(
  { readModels, clock }: Pick<AuthenticationParts, 'readModels' | 'clock'>,
  { via, credentialHash }: Viewer,
): boolean {
  return via === 'token'
    ? readModels.userByTokenHash(credentialHash) !== null
    : readModels.userBySessionHash(credentialHash, clock.now().toISOString()) !== null;
}

const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Finds out who asks. What a browser sends by itself (the cookie) proves nothing about who wanted the request, so with
 * it a change must also come from our own page: every browser says so in `Origin` or `Sec-Fetch-Site`. Somebody who is not
 * known here may have signed in at another gateway a moment ago: that is waited for.
 */
export function authenticate(parts: AuthenticationParts): RequestHandler {
  return async (req, res, next) => {
    const { headers } = req;
    let viewer = findViewer(parts, headers);
    if (viewer === null && (await awaitOwnWrite(parts.readModels, headers))) viewer = findViewer(parts, headers);
    if (viewer !== null) {
      const unsafe = viewer.via === 'session' && !safeMethods.has(req.method);
      if (unsafe && !comesFromOwnPage(parts.addresses, req)) {
        throw new HttpProblem(403, 'cross-site-request', 'This request did not come from the dashboard itself.', {
          hint: `Open the dashboard at ${parts.addresses.publicUrl} (YARDMASTER_PUBLIC_URL names another address). Scripts use an API token ("Authorization: Bearer <token>") instead of a session cookie.`,
        });
      }
      res.locals.viewer = viewer;
    }
    next();
  };
}

export function comesFromOwnPage(addresses: Addresses, { headers }: Pick<IncomingMessage, 'headers'>): boolean {
  if (headers.origin !== undefined) return addresses.isOwnOrigin(headers.origin);
  return headers['sec-fetch-site'] === 'same-origin';
}
