import { lazy, Suspense, useState } from 'react';
import { Button } from '../shared/ui/button.tsx';
import { TroubleNote } from '../shared/ui/trouble-note.tsx';
import { faultDisplay } from './fault.ts';
import { FaultBoundary } from './fault-boundary.tsx';
import type { ShellAction } from './shortcuts/shortcuts.ts';

/** What can be open above a page. */
export type Overlay = 'palette' | 'preferences' | 'shortcuts';

export interface OverlayProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** Opens another in its place. */
  readonly onOpen: (overlay: Overlay) => void;
  /** Does what a key does. */
  readonly onAction: (action: ShellAction) => void;
}

const importCommands = () => import('./commands.tsx');
/** Begins to load the palette for somebody who is about to open it; opening it says when that does not work. */
export const loadCommands = () => void importCommands().catch(() => {});

// None of them is needed to show a page.
const overlays = {
  palette: lazy(() => importCommands().then(({ Commands }) => ({ default: Commands }))),
  preferences: lazy(() =>
    import('./preferences-dialog.tsx').then(({ PreferencesDialog }) => ({ default: PreferencesDialog })),
  ),
  shortcuts: lazy(() =>
    import('./shortcuts/shortcut-sheet.tsx').then(({ ShortcutSheet }) => ({ default: ShortcutSheet })),
  ),
} as const;

interface OverlaysProps {
  readonly open: Overlay | null;
  readonly onChange: (open: Overlay | null) => void;
  readonly onAction: (action: ShellAction) => void;
}

/** The dialogs of the shell, each loaded when it is first opened and kept from then on. */
export function Overlays({ open, onChange, onAction }: OverlaysProps) {
  const [opened, setOpened] = useState<readonly Overlay[]>([]);
  if (open !== null && !opened.includes(open)) setOpened([...opened, open]);
  const close = () => onChange(null);
  return opened.map((name) => {
    const Shown = overlays[name];
    return (
      <FaultBoundary
        key={name}
        fallback={({ error }) => open === name && <OverlayFailed error={error} onClose={close} />}
      >
        <Suspense fallback={null}>
          <Shown isOpen={open === name} onClose={close} onOpen={onChange} onAction={onAction} />
        </Suspense>
      </FaultBoundary>
    );
  });
}

function OverlayFailed({ error, onClose }: { readonly error: unknown; readonly onClose: () => void }) {
  return (
    <div className="fixed inset-x-4 bottom-4 z-50 mx-auto max-w-lg rounded-panel bg-panel shadow-float">
      <TroubleNote trouble={faultDisplay(error)}>
        <Button onClick={() => location.reload()}>Reload the page</Button>
        <Button kind="quiet" onClick={onClose}>
          Close
        </Button>
      </TroubleNote>
    </div>
  );
}
