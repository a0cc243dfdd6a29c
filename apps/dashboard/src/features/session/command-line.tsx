import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '../../shared/ui/button.tsx';
import { copyText } from '../../shared/ui/copy-button.tsx';

const copiedMs = 2_000;

/** A command to be run in a terminal, with a button that copies it. */
export function CommandLine({ command }: { readonly command: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), copiedMs);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async () => setCopied(await copyText(command));
  return (
    <div className="flex items-center gap-2 rounded-lg border border-line bg-panel-2 py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 font-mono text-[13px] wrap-anywhere">
        <span className="text-muted select-none" aria-hidden="true">
          ${' '}
        </span>
        {command}
      </code>
      <Button kind="quiet" size="small" onClick={() => void copy()}>
        {isCopied ? <Check className="text-ok" aria-hidden="true" /> : <Copy aria-hidden="true" />}
        <span aria-live="polite">{isCopied ? 'Copied' : 'Copy'}</span>
      </Button>
    </div>
  );
}
