import { useActionState, useState } from 'react';
import { type Trouble, troubleOf } from '../../shared/api/api.ts';
import { Button } from '../../shared/ui/button.tsx';
import { signInCode } from './sign-in-code.ts';

interface LinkFormProps {
  readonly signIn: (code: string) => Promise<void>;
  readonly onSignedIn: () => void;
}

type Refusal = Pick<Trouble, 'message' | 'hint'>;

/** Takes a sign-in link. It is spent without leaving the page, so that whoever came to a build gets there. */
export function LinkForm({ signIn, onSignedIn }: LinkFormProps) {
  const [pasted, setPasted] = useState('');
  const [refusal, submit, isPending] = useActionState(async (): Promise<Refusal | null> => {
    const code = signInCode(pasted);
    if (code === null) return noLink();
    try {
      await signIn(code);
      onSignedIn();
      return null;
    } catch (error) {
      return troubleOf(error);
    }
  }, null);
  return (
    <form action={submit} className="flex flex-col gap-1.5">
      <label htmlFor="sign-in-link" className="font-medium">
        Open the link, or paste it here
      </label>
      <div className="flex gap-2">
        <input
          id="sign-in-link"
          type="text"
          inputMode="url"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          required
          placeholder={`${location.origin}/sign-in?code=…`}
          value={pasted}
          aria-invalid={refusal !== null}
          aria-describedby={refusal === null ? undefined : 'sign-in-refused'}
          onChange={({ target }) => setPasted(target.value)}
          className="h-9 min-w-0 flex-1 rounded-lg border border-line-strong bg-bg px-3 text-ellipsis placeholder:text-muted aria-invalid:border-bad pointer-coarse:h-11"
        />
        <Button type="submit" kind="primary" disabled={isPending}>
          {isPending ? 'Signing in…' : 'Sign in'}
        </Button>
      </div>
      {refusal !== null && (
        <div id="sign-in-refused" role="alert" className="text-[13px] text-pretty wrap-anywhere">
          <p className="font-medium text-bad">{refusal.message}</p>
          {refusal.hint !== null && <p className="text-muted">{refusal.hint}</p>}
        </div>
      )}
    </form>
  );
}

const noLink = (): Refusal => ({
  message: 'That is no sign-in link.',
  hint: `It looks like ${location.origin}/sign-in?code=… and works once.`,
});
