import { usePreferences } from '../../shared/preferences/preferences.ts';
import { useSession } from '../../shared/session/session-context.ts';
import { Button } from '../../shared/ui/button.tsx';
import { Dialog } from '../../shared/ui/dialog.tsx';
import { Kbd } from '../../shared/ui/kbd.tsx';
import type { OverlayProps } from '../overlays.tsx';
import { printedKeys } from './key-names.ts';
import { type ShortcutGroup, shortcutGroupsFor } from './shortcuts.ts';

/** Every shortcut there is, by where it works. */
export function ShortcutSheet({ isOpen, onClose, onOpen }: OverlayProps) {
  const { shortcuts: areSingleKeysOn } = usePreferences();
  const { viewer } = useSession();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title="Keyboard shortcuts" className="max-w-2xl">
      {!areSingleKeysOn && (
        <p className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg bg-warn-soft px-3 py-2 text-warn">
          Single keys are switched off: only those with Ctrl or ⌘, and Esc, work.
          <Button size="small" onClick={() => onOpen('preferences')}>
            Preferences
          </Button>
        </p>
      )}
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {shortcutGroupsFor(viewer).map((group) => (
          <Group key={group.title} group={group} />
        ))}
      </div>
    </Dialog>
  );
}

function Group({ group: { title, shortcuts } }: { readonly group: ShortcutGroup }) {
  return (
    <section>
      <h3 className="mb-1 text-xs font-medium text-muted">{title}</h3>
      <dl>
        {shortcuts.map(({ keys, label }) => (
          <div key={label} className="flex min-h-9 items-center gap-4 border-b border-line last:border-0">
            <dt className="flex-1">{label}</dt>
            <dd>
              <Keys keys={keys} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** "Ctrl K", or "G then B". */
function Keys({ keys }: { readonly keys: readonly string[] }) {
  return (
    <span className="flex items-center gap-1">
      {keys.map((key, index) => (
        <span key={key} className="flex items-center gap-1">
          {index > 0 && <span className="text-xs text-muted">then</span>}
          {printedKeys(key).map((printed) => (
            <Kbd key={printed}>{printed}</Kbd>
          ))}
        </span>
      ))}
    </span>
  );
}
