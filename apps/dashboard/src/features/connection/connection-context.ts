import { createContext, use, useSyncExternalStore } from 'react';
import type { ConnectionStatus } from './connection-status.ts';
import type { LiveConnection } from './create-live.ts';

export const ConnectionContext = createContext<LiveConnection | null>(null);

export function useConnection(): { readonly connection: LiveConnection; readonly status: ConnectionStatus } {
  const connection = use(ConnectionContext);
  if (connection === null) throw new Error('There is no live connection around this component.');
  return { connection, status: useSyncExternalStore(connection.subscribe, connection.status) };
}
