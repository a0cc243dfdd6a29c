import { Search } from 'lucide-react';
import { useEffect, useEffectEvent, useState } from 'react';
import { usePreferences } from '../../shared/preferences/preferences.ts';
import { Kbd } from '../../shared/ui/kbd.tsx';

/** Typing is over when no key came for so long. */
const debounceMs = 250;

interface SearchFieldProps {
  readonly text: string | undefined;
  readonly onText: (text: string | undefined) => void;
}

/** The text that is looked for, told when the typing pauses, or at once by Enter and by leaving the field. */
export function SearchField({ text = '', onText }: SearchFieldProps) {
  const { shortcuts } = usePreferences();
  // What is typed stays as it is typed while the field has the focus, blanks at the end included.
  const [draft, setDraft] = useState<string | null>(null);
  const tell = useEffectEvent(() => {
    if (draft !== null && draft.trim() !== text) onText(draft.trim());
  });
  useEffect(() => {
    if (draft === null) return;
    const timer = setTimeout(() => tell(), debounceMs);
    return () => clearTimeout(timer);
  }, [draft]);
  const settle = (next: string): void => {
    setDraft(null);
    if (next.trim() !== text) onText(next.trim());
  };
  return (
    <div className="group relative min-w-56 flex-1 max-md:basis-full">
      <Search
        className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted"
        aria-hidden="true"
      />
      <input
        id="queue-search"
        type="search"
        aria-label="Search builds by website or id"
        placeholder="Search builds"
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        value={draft ?? text}
        onChange={({ target }) => setDraft(target.value)}
        onBlur={({ target }) => settle(target.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') settle(currentTarget.value);
          if (key === 'Escape') settle('');
        }}
        className="h-9 w-full rounded-lg border border-line bg-panel pr-2.5 pl-9 text-sm text-fg placeholder:text-muted [&::-webkit-search-cancel-button]:cursor-pointer pointer-coarse:h-11"
      />
      {shortcuts && (
        <span className="pointer-events-none absolute top-1/2 right-2 -translate-y-1/2 group-focus-within:hidden group-has-[input:not(:placeholder-shown)]:hidden pointer-coarse:hidden">
          <Kbd>/</Kbd>
        </span>
      )}
    </div>
  );
}
