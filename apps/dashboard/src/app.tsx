import { useMachine } from '@xstate/react';
import { useState } from 'react';
import { api } from './api.ts';
import { DashboardPage } from './dashboard-page.tsx';
import { createSessionMachine } from './session/session-machine.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { WaitingPage } from './session/waiting-page.tsx';

export function App() {
  const [machine] = useState(() => createSessionMachine({ fetchViewer: api.viewer, signOut: api.signOut }));
  const [session, send] = useMachine(machine);
  const { viewer, trouble } = session.context;
  if (session.matches('signedOut')) return <SignInPage onRetry={() => send({ type: 'retry' })} />;
  if (viewer === null) return <WaitingPage trouble={trouble} onRetry={() => send({ type: 'retry' })} />;
  return (
    <DashboardPage
      viewer={viewer}
      onSignOut={() => send({ type: 'signOut' })}
      onSessionLost={() => send({ type: 'lost' })}
    />
  );
}
