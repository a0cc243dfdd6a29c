import { useMachine } from '@xstate/react';
import { useMemo, useState } from 'react';
import { createSessionMachine } from '../features/session/session-machine.ts';
import { SignInPage } from '../features/session/sign-in-page.tsx';
import { WaitingPage } from '../features/session/waiting-page.tsx';
import { api } from '../shared/api/api.ts';
import { Brand } from '../shared/ui/brand.tsx';
import { TooltipProvider } from '../shared/ui/tooltip.tsx';
import { FaultBoundary } from './fault-boundary.tsx';
import { PageFailed } from './pages/page-failed.tsx';
import { SignedIn } from './signed-in.tsx';

/** The whole page: who is signed in decides what it shows, and no fault leaves it white. */
export function App() {
  return (
    <FaultBoundary fallback={({ error }) => <AppFailed error={error} />}>
      <TooltipProvider>
        <SessionGate />
      </TooltipProvider>
    </FaultBoundary>
  );
}

function SessionGate() {
  const [machine] = useState(() => createSessionMachine({ fetchViewer: api.viewer, signOut: api.signOut }));
  const [state, send] = useMachine(machine);
  const { viewer, trouble } = state.context;
  const session = useMemo(
    () =>
      viewer === null ? null : { viewer, signOut: () => send({ type: 'signOut' }), lost: () => send({ type: 'lost' }) },
    [viewer, send],
  );
  const retry = () => send({ type: 'retry' });
  if (state.matches('signedOut')) return <SignInPage signIn={api.signIn} onRetry={retry} />;
  if (session === null) return <WaitingPage trouble={trouble} onRetry={retry} />;
  return <SignedIn session={session} />;
}

/** When not even the shell can be shown, a new page is the only way on. */
function AppFailed({ error }: { readonly error: unknown }) {
  return (
    <div className="flex min-h-dvh flex-col items-center justify-center gap-2">
      <Brand />
      <PageFailed error={error instanceof Error ? error : new Error(String(error))} reset={() => location.reload()} />
    </div>
  );
}
