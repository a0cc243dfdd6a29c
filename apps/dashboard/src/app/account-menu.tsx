import { CircleUser, Keyboard, LogOut, Settings2 } from 'lucide-react';
import { useSession } from '../shared/session/session-context.ts';
import { IconButton } from '../shared/ui/button.tsx';
import { Kbd } from '../shared/ui/kbd.tsx';
import { Menu } from '../shared/ui/menu.tsx';
import type { Overlay } from './overlays.tsx';

const roles = { user: 'User', operator: 'Operator', admin: 'Administrator' } as const;

/** Who is signed in, and what is theirs to set. */
export function AccountMenu({ onOpen }: { readonly onOpen: (overlay: Overlay) => void }) {
  const { viewer, signOut } = useSession();
  return (
    <Menu
      label="Account"
      trigger={
        <IconButton label="Account" kind="quiet" className="data-[state=open]:bg-panel-2 data-[state=open]:text-fg">
          <CircleUser aria-hidden="true" />
        </IconButton>
      }
      header={
        <>
          <p className="max-w-60 truncate font-medium">{viewer.id}</p>
          <p className="text-xs text-muted">{roles[viewer.role]}</p>
        </>
      }
      items={[
        { label: 'Preferences', icon: Settings2, onSelect: () => onOpen('preferences') },
        { label: 'Keyboard shortcuts', icon: Keyboard, hint: <Kbd>?</Kbd>, onSelect: () => onOpen('shortcuts') },
        'separator',
        { label: 'Sign out', icon: LogOut, onSelect: signOut },
      ]}
    />
  );
}
