import type { IncomingHttpHeaders } from 'node:http';
import type { Position, ReadModels } from '@yardmaster/application';
import { parseCookie } from 'cookie';
import type { RequestHandler, Response } from 'express';

export const positionHeader = 'X-Yardmaster-Position';
const positionCookie = 'yardmaster_position';
/** How long a read waits for the write that it follows before it answers with what there is. */
const maxWaitMs = 2_000;
/** How long a browser remembers its last write; long enough for any gateway to catch up. */
const cookieLifetimeMs = 60_000;

/**
 * Ends a write: tells the client its position, for reads at any gateway, and waits, bounded, until this one shows it.
 * A null position means that nothing new was recorded.
 */
export async function settleWrite(readModels: ReadModels, res: Response, position: Position | null): Promise<void> {
  if (position === null) return;
  res.setHeader(positionHeader, position);
  res.cookie(positionCookie, `${readModels.storeId}:${position}`, {
    httpOnly: true,
    sameSite: 'lax',
    maxAge: cookieLifetimeMs,
  });
  await readModels.waitFor(position, { timeoutMs: maxWaitMs });
}

/** Lets a read wait, bounded, for the write that the client made before, perhaps at another gateway. */
export function awaitOwnWrites(readModels: ReadModels): RequestHandler {
  return async (req, _res, next) => {
    if (req.method === 'GET') await awaitOwnWrite(readModels, req.headers);
    next();
  };
}

/** Waits, bounded, until the write is shown that the client made last; false at once where it names none. */
export async function awaitOwnWrite(readModels: ReadModels, headers: IncomingHttpHeaders): Promise<boolean> {
  const named = headers[positionHeader.toLowerCase()];
  const position = typeof named === 'string' ? named : positionFromCookie(headers.cookie, readModels.storeId);
  if (position === undefined) return false;
  await waitFor(readModels, position);
  return true;
}

function positionFromCookie(cookies: string | undefined, storeId: string): string | undefined {
  if (cookies === undefined) return undefined;
  const value = parseCookie(cookies)[positionCookie];
  return value?.startsWith(`${storeId}:`) === true ? value.slice(storeId.length + 1) : undefined;
}

async function waitFor(readModels: ReadModels, position: string): Promise<void> {
  try {
    // Whatever the client sends is compared by the store that made it, which throws on what it did not make.
    await readModels.waitFor(position as Position, { timeoutMs: maxWaitMs });
  } catch {
    // No position of this store: there is nothing to wait for.
  }
}
