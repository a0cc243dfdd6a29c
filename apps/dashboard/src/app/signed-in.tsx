import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { ConnectionContext } from '../features/connection/connection-context.ts';
import { createBrowserLive } from '../features/connection/create-live.ts';
import { breakOffUploads } from '../features/upload/use-upload.ts';
import { api } from '../shared/api/api.ts';
import { createQueryClient } from '../shared/api/queries.ts';
import { onUnavailable } from '../shared/api/unavailable.ts';
import { createHealthStore, followHealth, HealthContext } from '../shared/health/health-store.ts';
import { JobsContext } from '../shared/jobs/jobs-context.ts';
import { createJobsStore, followQueue } from '../shared/jobs/jobs-store.ts';
import { LiveContext } from '../shared/live/live.ts';
import { type Session, SessionContext } from '../shared/session/session-context.ts';
import { router } from './router.tsx';

/** Everything that somebody who is signed in sees. What it knows is forgotten with the session. */
export function SignedIn({ session }: { readonly session: Session }) {
  const [{ live, jobs, health, queryClient }] = useState(() => createParts(session));
  useEffect(() => followQueue(live, jobs), [live, jobs]);
  useEffect(() => followHealth({ live, store: health, ask: api.health, onUnavailable }), [live, health]);
  useEffect(() => {
    live.start();
    return () => {
      breakOffUploads(live);
      live.stop();
    };
  }, [live]);
  return (
    <SessionContext value={session}>
      <QueryClientProvider client={queryClient}>
        <LiveContext value={live}>
          <ConnectionContext value={live}>
            <HealthContext value={health}>
              <JobsContext value={jobs}>
                <RouterProvider router={router} />
              </JobsContext>
            </HealthContext>
          </ConnectionContext>
        </LiveContext>
      </QueryClientProvider>
    </SessionContext>
  );
}

function createParts(session: Session) {
  const jobs = createJobsStore({
    nowMs: () => performance.now(),
    setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  });
  const live = createBrowserLive({ onSignedOut: session.lost });
  return { live, jobs, health: createHealthStore(), queryClient: createQueryClient() };
}
