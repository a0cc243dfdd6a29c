import type { Role, UserId } from '@yardmaster/domain';
import type { Response } from 'express';
import { HttpProblem, notFound } from '../http/problem-details.ts';

/** Who asks, and by what proof. */
export interface Viewer {
  readonly id: UserId;
  readonly role: Role;
  readonly via: 'token' | 'session';
  /** SHA-256 of the token or session that signed in. */
  readonly credentialHash: string;
}

export function requireViewer(res: Response): Viewer {
  const { viewer } = res.locals;
  if (viewer === undefined) {
    throw new HttpProblem(401, 'not-signed-in', 'Sign in, or send an API token.', {
      headers: { 'WWW-Authenticate': 'Bearer realm="yardmaster"' },
      hint: '`yardmaster link` prints a sign-in link; an API token goes into "Authorization: Bearer <token>".',
    });
  }
  return viewer;
}

/** Operators look after everybody's builds; a website is its owner's and the admins'. */
export const maySeeJob = (viewer: Pick<Viewer, 'id' | 'role'>, job: { readonly ownerId: UserId }): boolean =>
  isOperator(viewer) || job.ownerId === viewer.id;

export const maySeeWebsite = (viewer: Viewer, website: { readonly ownerId: UserId }): boolean =>
  viewer.role === 'admin' || website.ownerId === viewer.id;

export const isOperator = (viewer: Pick<Viewer, 'role'>): boolean => viewer.role !== 'user';

export function requireOperator(viewer: Viewer): void {
  if (!isOperator(viewer)) throw new HttpProblem(403, 'role-too-low', 'Only operators and admins may do this.');
}

/** The record, unless it is missing or not the viewer's to see. */
export function visible<Record>(record: Record | null, isVisible: (record: Record) => boolean, what: string): Record {
  if (record === null || !isVisible(record)) throw notFound(what);
  return record;
}
