import { Link } from '@tanstack/react-router';
import { Lock } from 'lucide-react';
import { DeadLetterList } from '../../features/dead-letters/dead-letter-list.tsx';
import { canOperate } from '../../shared/session/can-operate.ts';
import { useSession } from '../../shared/session/session-context.ts';
import { buttonClass } from '../../shared/ui/button.tsx';
import { EmptyState } from '../../shared/ui/empty-state.tsx';

/** What is not built again by itself, for those who may decide about it. */
export function DeadLettersPage() {
  const { viewer } = useSession();
  return (
    <main id="main" tabIndex={-1} className="mx-auto flex w-full max-w-4xl flex-col gap-5 p-4 outline-none md:p-6">
      <title>Dead letters · Yardmaster</title>
      <header>
        <h1 className="text-2xl font-semibold tracking-tight">Dead letters</h1>
        <p className="mt-1 text-muted text-pretty">
          Builds that Yardmaster does not try again by itself, since their workers did not survive them.
        </p>
      </header>
      {canOperate(viewer) ? <DeadLetterList /> : <NotYours />}
    </main>
  );
}

function NotYours() {
  return (
    <EmptyState icon={Lock} title="This is for operators and administrators">
      <p className="mb-4">Ask one of them to release a build of yours that was set aside; its page says why it was.</p>
      <Link to="/" className={buttonClass({ kind: 'primary' })}>
        All builds
      </Link>
    </EmptyState>
  );
}
