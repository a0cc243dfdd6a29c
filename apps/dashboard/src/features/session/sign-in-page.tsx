import { LogIn } from 'lucide-react';
import { Button } from '../../shared/ui/button.tsx';
import { CommandLine } from './command-line.tsx';
import { Gate, gateCardClass } from './gate.tsx';
import { LinkForm } from './link-form.tsx';

interface SignInPageProps {
  /** Spends the code of a sign-in link; throws when that does not work. */
  readonly signIn: (code: string) => Promise<void>;
  /** Somebody is signed in now, here or in another tab. */
  readonly onRetry: () => void;
}

/** Nobody is signed in: says how to, and takes a link that was copied from a terminal. */
export function SignInPage({ signIn, onRetry }: SignInPageProps) {
  return (
    <Gate>
      <title>Sign in · Yardmaster</title>
      <section className={gateCardClass} aria-labelledby="sign-in-title">
        <h1 id="sign-in-title" className="text-lg font-semibold tracking-tight">
          Sign in
        </h1>
        <p className="text-muted text-pretty">
          Yardmaster signs you in with a one-time link. It printed one when it started; to make another, run this where
          Yardmaster runs:
        </p>
        <CommandLine command="npx yardmaster link" />
        <LinkForm signIn={signIn} onSignedIn={onRetry} />
      </section>
      <p className="flex flex-wrap items-center justify-center gap-x-1 text-muted">
        Signed in in another tab?
        <Button kind="quiet" size="small" onClick={onRetry}>
          <LogIn aria-hidden="true" />
          Look again
        </Button>
      </p>
    </Gate>
  );
}
