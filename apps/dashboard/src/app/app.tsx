import { useMachine } from '@xstate/react';
import { useMemo, useState } from 'react';
import { createSessionMachine } from '../features/session/session-machine.ts';
import { SignInPage } from '../features/session/sign-in-page.tsx';
import { WaitingPage } from '../features/session/waiting-page.tsx';
import { api } from '../shared/api/api.ts';
import { TooltipProvider } from '../shared/ui/tooltip.tsx';
import { SignedIn } from './signed-in.tsx';

export function App() {
  const [machine] = useState(() => createSessionMachine({ fetchViewer: api.viewer, signOut: api.signOut }));
  const [state, send] = useMachine(machine);
  const { viewer, trouble } = state.context;
  const session = useMemo(
    () =>
      viewer === null ? null : { viewer, signOut: () => send({ type: 'signOut' }), lost: () => send({ type: 'lost' }) },
    [viewer, send],
  );
  if (state.matches('signedOut')) return <SignInPage onRetry={() => send({ type: 'retry' })} />;
  if (session === null) return <WaitingPage trouble={trouble} onRetry={() => send({ type: 'retry' })} />;
  return (
    <TooltipProvider>
      <SignedIn session={session} />
    </TooltipProvider>
  );
}
