import { useActorRef, useSelector } from '@xstate/react';
import { LogOut } from 'lucide-react';
import { useCallback, useEffect, useEffectEvent, useState, useSyncExternalStore } from 'react';
import { api, type Viewer } from './api.ts';
import { ConnectionBadge } from './connection/connection-badge.tsx';
import { displayOfConnection } from './connection/connection-display.ts';
import { createConnectionMachine } from './connection/connection-machine.ts';
import { openLiveSocket } from './connection/live-socket.ts';
import { ActiveBuilds, EndedBuilds } from './queue/build-lists.tsx';
import { createQueueStore } from './queue/queue-store.ts';
import { StatusAnnouncer } from './queue/status-announcer.tsx';
import { Brand } from './ui/brand.tsx';
import { UploadPanel } from './upload/upload-panel.tsx';

interface DashboardPageProps {
  readonly viewer: Viewer;
  readonly onSignOut: () => void;
  readonly onSessionLost: () => void;
}

/** Uploads, builds under way and builds that ended, kept up to date. */
export function DashboardPage({ viewer, onSignOut, onSessionLost }: DashboardPageProps) {
  const [{ store, machine }] = useState(createParts);
  const connection = useActorRef(machine);
  const isSessionLost = useSelector(connection, (snapshot) => snapshot.matches('signedOut'));
  const view = useSyncExternalStore(store.subscribe, store.view);
  const tellLoss = useEffectEvent(onSessionLost);
  useEffect(() => {
    if (isSessionLost) tellLoss();
  }, [isSessionLost]);
  const refresh = useCallback(() => connection.send({ type: 'refresh' }), [connection]);

  return (
    <>
      <header className="top">
        <Brand />
        <div className="top-end">
          <ConnectionBadge display={useSelector(connection, displayOfConnection, isSameDisplay)} />
          <button
            type="button"
            className="button button-quiet button-compact"
            onClick={onSignOut}
            title={`Signed in as ${viewer.role}`}
          >
            <LogOut className="icon" aria-hidden="true" />
            <span className="hides-when-narrow">Sign out</span>
          </button>
        </div>
      </header>
      <main className="page">
        <h1 className="visually-hidden">Builds</h1>
        <UploadPanel onAccepted={refresh} />
        <ActiveBuilds view={view} onChanged={refresh} />
        <EndedBuilds view={view} onChanged={refresh} />
      </main>
      <StatusAnnouncer view={view} />
    </>
  );
}

function createParts() {
  const store = createQueueStore({
    nowMs: () => performance.now(),
    setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  });
  const machine = createConnectionMachine({
    openSocket: openLiveSocket,
    fetchQueue: api.queue,
    store,
    random: Math.random,
    onOnline(callback) {
      window.addEventListener('online', callback);
      return () => window.removeEventListener('online', callback);
    },
  });
  return { store, machine };
}

type Display = ReturnType<typeof displayOfConnection>;
const isSameDisplay = (a: Display, b: Display): boolean => a.text === b.text;
