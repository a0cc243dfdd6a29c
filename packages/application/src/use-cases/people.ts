import { createHash, randomBytes } from 'node:crypto';
import { type Rejection, type Role, UserId } from '@yardmaster/domain';
import type { Actors } from '../actors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Position } from '../ports/event-store.ts';

/** How long a sign-in link and a session are good for. */
export const signInLinkLifetimeMs = 15 * 60_000;
export const sessionLifetimeMs = 30 * 24 * 3_600_000;

/** Only hashes of secrets are stored; 256 random bits need no salt and no slow hash. */
export const hashSecret = (secret: string) => createHash('sha256').update(secret).digest('hex');
const newSecret = (prefix: string) => `${prefix}_${randomBytes(32).toString('base64url')}`;

const bySystem = { actor: { kind: 'system', name: 'accounts' } } as const;

type Outcome<Result> =
  | (Result & { readonly ok: true; readonly position: Position | null })
  | { readonly ok: false; readonly rejection: Rejection };

export async function registerUser(actors: Actors, user: { readonly id: UserId; readonly role: Role }) {
  return await actors.user.handle(user.id, { type: 'RegisterUser', role: user.role }, bySystem);
}

/** Makes an API token. It is in the answer and nowhere else. */
export async function issueApiToken(
  actors: Actors,
  { userId, label }: { readonly userId: UserId; readonly label: string },
): Promise<Outcome<{ tokenId: string; token: string }>> {
  const token = newSecret('ym');
  const tokenId = randomBytes(9).toString('base64url');
  const issued = await actors.user.handle(
    userId,
    { type: 'IssueApiToken', tokenId, tokenHash: hashSecret(token), label },
    bySystem,
  );
  return issued.ok ? { ok: true, position: issued.position, tokenId, token } : issued;
}

/** Makes a sign-in link's code: `<user id>.<secret>`, good once and for {@link signInLinkLifetimeMs}. */
export async function issueSignInLink(
  { actors, clock }: { readonly actors: Actors; readonly clock: Clock },
  userId: UserId,
): Promise<Outcome<{ code: string; expiresAt: string }>> {
  const code = `${userId}.${newSecret('link')}`;
  const expiresAt = new Date(clock.now().getTime() + signInLinkLifetimeMs).toISOString();
  const issued = await actors.user.handle(
    userId,
    { type: 'IssueSignInLink', linkHash: hashSecret(code), expiresAt },
    bySystem,
  );
  return issued.ok ? { ok: true, position: issued.position, code, expiresAt } : issued;
}

/** Exchanges a sign-in link's code for a session. The code is spent, also by the first of two at once. */
export async function signInByLink(
  { actors, clock }: { readonly actors: Actors; readonly clock: Clock },
  code: string,
): Promise<Outcome<{ userId: UserId; session: string; expiresAt: string }>> {
  const userId = UserId.safeParse(code.split('.')[0]);
  if (!userId.success) return { ok: false, rejection: { code: 'link-unknown', message: 'This is no sign-in link.' } };
  const session = newSecret('session');
  const expiresAt = new Date(clock.now().getTime() + sessionLifetimeMs).toISOString();
  const started = await actors.user.handle(
    userId.data,
    { type: 'SignInByLink', linkHash: hashSecret(code), sessionHash: hashSecret(session), expiresAt },
    { actor: { kind: 'user', userId: userId.data } },
  );
  if (!started.ok) {
    const { code: why } = started.rejection;
    return why === 'user-not-found'
      ? { ok: false, rejection: { code: 'link-unknown', message: 'This sign-in link was used or never existed.' } }
      : started;
  }
  return { ok: true, position: started.position, userId: userId.data, session, expiresAt };
}
