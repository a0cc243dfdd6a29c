import { Check, Copy } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Brand } from '../../shared/ui/brand.tsx';
import { signInCode } from './sign-in-code.ts';

const command = 'npx yardmaster link';

/** Nobody is signed in: says how to, and takes a link that was copied from a terminal. */
export function SignInPage({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <main className="gate">
      <Brand />
      <section className="panel gate-panel" aria-labelledby="sign-in-title">
        <h1 id="sign-in-title">Sign in</h1>
        <p className="muted">
          Yardmaster signs you in with a one-time link. <code>npm start</code> printed one; to make another, run this
          where Yardmaster runs:
        </p>
        <CommandLine />
        <LinkForm />
        <p className="muted small">
          Signed in in another tab?{' '}
          <button type="button" className="link" onClick={onRetry}>
            Look again
          </button>
        </p>
      </section>
    </main>
  );
}

function CommandLine() {
  const [isCopied, setCopied] = useState(false);
  // There is no clipboard on a page that came over plain HTTP from another machine.
  const canCopy = window.isSecureContext;
  const copy = () =>
    void navigator.clipboard.writeText(command).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div className="command">
      <code>
        <span aria-hidden="true">$ </span>
        {command}
      </code>
      {canCopy && (
        <button type="button" className="button button-quiet" onClick={copy}>
          {isCopied ? <Check className="icon" aria-hidden="true" /> : <Copy className="icon" aria-hidden="true" />}
          <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
        </button>
      )}
    </div>
  );
}

function LinkForm() {
  const [pasted, setPasted] = useState('');
  const [isRefused, setRefused] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const code = signInCode(pasted);
    setRefused(code === null);
    if (code !== null) location.assign(`/sign-in?code=${encodeURIComponent(code)}`);
  };
  return (
    <form className="field" onSubmit={submit}>
      <label htmlFor="sign-in-link">Open the link, or paste it here</label>
      <div className="field-row">
        <input
          id="sign-in-link"
          type="text"
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
          placeholder={`${location.origin}/sign-in?code=…`}
          value={pasted}
          aria-invalid={isRefused}
          aria-describedby={isRefused ? 'sign-in-refused' : undefined}
          onChange={({ target }) => {
            setPasted(target.value);
            setRefused(false);
          }}
        />
        <button type="submit" className="button button-primary">
          Sign in
        </button>
      </div>
      {isRefused && (
        <p className="field-error" id="sign-in-refused" role="alert">
          That is no sign-in link. It looks like {location.origin}/sign-in?code=… and works once.
        </p>
      )}
    </form>
  );
}
