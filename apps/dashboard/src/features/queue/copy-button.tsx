import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { IconButton } from '../../shared/ui/button.tsx';

/** Browsers have a clipboard on secure pages only; elsewhere there is no button. */
export function CopyButton({ text }: { readonly text: string }) {
  const [isCopied, setCopied] = useState(false);
  if (!('clipboard' in navigator)) return null;
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast.error('The browser did not let it be copied', { description: 'Select the text and copy it by hand.' });
    }
  };
  return (
    <IconButton
      label={isCopied ? 'Copied' : 'Copy'}
      kind="quiet"
      className="size-8"
      onClick={() => void copy()}
      onBlur={() => setCopied(false)}
    >
      {isCopied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
    </IconButton>
  );
}
