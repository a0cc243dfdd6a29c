import { Check, Copy, type LucideIcon } from 'lucide-react';
import { type ComponentProps, useEffect, useState } from 'react';
import { IconButton } from './button.tsx';

const shownMs = 2_000;

interface CopyButtonProps extends Omit<ComponentProps<typeof IconButton>, 'onClick' | 'children'> {
  readonly text: string | (() => string);
  readonly icon?: LucideIcon;
}

/** Copies a text, and says for a moment that it did, also to a screen reader. */
export function CopyButton({ text, icon: Icon = Copy, label, ...props }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | null>(null);
  useEffect(() => {
    if (outcome === null) return;
    const timer = setTimeout(() => setOutcome(null), shownMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async () =>
    setOutcome((await copyText(typeof text === 'string' ? text : text())) ? 'copied' : 'refused');
  return (
    <>
      <IconButton label={label} onClick={() => void copy()} {...props}>
        {outcome === 'copied' ? <Check className="text-ok" aria-hidden="true" /> : <Icon aria-hidden="true" />}
      </IconButton>
      <span role="status" className="sr-only">
        {outcome === null ? '' : outcome === 'copied' ? 'Copied' : 'The browser did not allow copying.'}
      </span>
    </>
  );
}

/** Puts a text on the clipboard. False where the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** On a page that came over plain HTTP from another machine there is no clipboard, only what is selected. */
function copyBySelection(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.setAttribute('aria-hidden', 'true');
  area.style.cssText = 'position:fixed;inset-block-start:0;opacity:0';
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } finally {
    area.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
