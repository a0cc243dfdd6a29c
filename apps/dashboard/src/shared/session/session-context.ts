import { createContext, use } from 'react';
import type { Viewer } from '../api/api.ts';

/** Who is signed in, and how that ends. */
export interface Session {
  readonly viewer: Viewer;
  readonly signOut: () => void;
  /** The server no longer knows who this is. */
  readonly lost: () => void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('Nobody is signed in around this component.');
  return session;
}
