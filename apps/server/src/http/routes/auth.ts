import { issueSignInLink, type RecordedEvent, signInByLink } from '@yardmaster/application';
import { UserEvent } from '@yardmaster/domain';
import { type Response, Router } from 'express';
import { findViewer, sessionCookieName, sessionCookieOptions } from '../../auth/authenticate.ts';
import { signInFailedPage } from '../../auth/sign-in-page.ts';
import { requireViewer } from '../../auth/viewer.ts';
import type { GatewayParts } from '../../gateway-parts.ts';
import { notFound, rejectionProblem } from '../problem-details.ts';
import { settleWrite } from '../read-your-writes.ts';
import { userEnvelope } from './jobs.ts';

/** Characters of a session's hash that name it in the API; the session itself cannot be told from them. */
const sessionIdLength = 16;

/** Who is signed in, links that sign in, and sessions. */
export function authRoutes(parts: GatewayParts): Router {
  const { actors, readModels, clock, addresses, store } = parts;
  const router = Router();

  router.get('/auth/me', (_req, res) => {
    const { id, role, via } = requireViewer(res);
    res.json({ id, role, via });
  });

  router.post('/auth/link', async (_req, res) => {
    const issued = await issueSignInLink({ actors, clock }, requireViewer(res).id);
    if (!issued.ok) throw rejectionProblem(issued.rejection);
    await settleWrite(readModels, res, issued.position);
    const url = `${addresses.publicUrl}/sign-in?code=${encodeURIComponent(issued.code)}`;
    res.status(201).set('Cache-Control', 'no-store').json({ url, expiresAt: issued.expiresAt });
  });

  router.post('/auth/sign-out', async (_req, res) => {
    const { via, credentialHash } = requireViewer(res);
    if (via === 'session') await endSession(res, credentialHash);
    res.clearCookie(sessionCookieName(addresses), sessionCookieOptions(addresses)).json({ success: true });
  });

  router.get('/auth/sessions', async (_req, res) => {
    res.json({ sessions: (await openSessions(res)).map(({ hash: _, ...session }) => session) });
  });

  /** Signs out everywhere else. */
  router.delete('/auth/sessions', async (_req, res) => {
    for (const { hash, current } of await openSessions(res)) if (!current) await endSession(res, hash);
    res.json({ success: true });
  });

  router.delete('/auth/sessions/:id', async (req, res) => {
    const session = (await openSessions(res)).find(({ id }) => id === req.params.id);
    if (session === undefined) throw notFound('session');
    await endSession(res, session.hash);
    res.json({ success: true });
  });

  return router;

  async function endSession(res: Response, sessionHash: string): Promise<void> {
    const command = { type: 'EndSession', sessionHash } as const;
    const ended = await actors.user.handle(requireViewer(res).id, command, userEnvelope(res));
    if (!ended.ok) throw rejectionProblem(ended.rejection);
    await settleWrite(readModels, res, ended.position);
  }

  async function openSessions(res: Response) {
    const { id, credentialHash } = requireViewer(res);
    const now = clock.now().toISOString();
    return sessionsIn(await store.readStream(`user-${id}`))
      .filter(({ expiresAt }) => expiresAt > now)
      .map((session) => ({ ...session, current: session.hash === credentialHash }));
  }
}

function sessionsIn(history: readonly RecordedEvent[]) {
  const sessions = new Map<string, { id: string; hash: string; startedAt: string; expiresAt: string }>();
  for (const { type, data, metadata } of history) {
    if (type !== 'SessionStarted' && type !== 'SessionEnded') continue;
    const event = UserEvent.parse({ type, data });
    if (event.type === 'SessionEnded') sessions.delete(event.data.sessionHash);
    if (event.type !== 'SessionStarted') continue;
    const { sessionHash: hash, expiresAt } = event.data;
    sessions.set(hash, { id: hash.slice(0, sessionIdLength), hash, startedAt: metadata.occurredAt, expiresAt });
  }
  return [...sessions.values()];
}

/** The page behind a sign-in link: spends the code, sets the session cookie and goes on to the dashboard. */
export function signInRoute(parts: GatewayParts): Router {
  const { actors, readModels, clock, addresses } = parts;
  const router = Router();
  router.get('/sign-in', async (req, res, next) => {
    const { code } = req.query;
    // A page without a code is the dashboard's own; and only a GET may spend one, never the HEAD of a link checker.
    if (typeof code !== 'string' || req.method !== 'GET') return next();
    res.set('Cache-Control', 'no-store');
    const signedIn = await signInByLink({ actors, clock }, code);
    if (signedIn.ok) {
      await settleWrite(readModels, res, signedIn.position);
      const expires = new Date(signedIn.expiresAt);
      res.cookie(sessionCookieName(addresses), signedIn.session, { ...sessionCookieOptions(addresses), expires });
      return res.redirect(303, '/');
    }
    // Whoever opens a used link a second time is usually signed in by the first.
    if (findViewer(parts, req.headers) !== null) return res.redirect(303, '/');
    const { status, html } = signInFailedPage(signedIn.rejection);
    res.status(status).type('html').send(html);
  });
  return router;
}
