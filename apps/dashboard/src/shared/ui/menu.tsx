import type { LucideIcon } from 'lucide-react';
import { DropdownMenu as Radix } from 'radix-ui';
import type { ReactElement, ReactNode } from 'react';

interface ItemLook {
  readonly label: string;
  readonly icon?: LucideIcon;
  /** At the end of the line: a key, a number. */
  readonly hint?: ReactNode;
  readonly danger?: boolean;
  readonly disabled?: boolean;
}

/** Something to do, or somewhere to go: `href` leaves the dashboard or downloads, within it navigate in `onSelect`. */
export type MenuItem =
  | (ItemLook & { readonly onSelect: () => void; readonly href?: never })
  | (ItemLook & { readonly href: string; readonly newTab?: boolean; readonly onSelect?: never });

interface MenuProps {
  /** A button that takes a ref; it gets the focus back. */
  readonly trigger: ReactElement;
  /** Names the menu for a screen reader. */
  readonly label: string;
  readonly items: readonly (MenuItem | 'separator')[];
  /** Above the items, for reading only. */
  readonly header?: ReactNode;
  readonly align?: 'start' | 'end';
}

/** A list of things to do behind a button. */
export function Menu({ trigger, label, items, header, align = 'end' }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content aria-label={label} align={align} sideOffset={6} collisionPadding={8} loop className={menuClass}>
          {header !== undefined && <div className="border-b border-line px-2.5 pt-1.5 pb-2.5 mb-1">{header}</div>}
          {items.map((item, index) =>
            item === 'separator' ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: separators are told apart by their place only
              <Radix.Separator key={`separator-${index}`} className="my-1 h-px bg-line" />
            ) : (
              <Item key={item.label} item={item} />
            ),
          )}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The look of a menu, also of one in which something is chosen. */
export const menuClass =
  'z-50 max-h-(--radix-dropdown-menu-content-available-height) max-w-[calc(100vw-1rem)] min-w-48 overflow-y-auto ' +
  'rounded-panel border border-line bg-panel p-1 shadow-float motion-safe:animate-[pop-in_120ms_ease-out]';

export const menuItemClass =
  'flex min-h-9 w-full cursor-pointer items-center gap-2.5 rounded-lg px-2.5 text-sm no-underline outline-none ' +
  'select-none data-disabled:cursor-not-allowed data-disabled:opacity-50 [&>svg]:size-4 [&>svg]:shrink-0 ' +
  'pointer-coarse:min-h-11';

function Item({ item }: { readonly item: MenuItem }) {
  const { label, icon: Icon, hint, danger = false, disabled = false } = item;
  const look = danger
    ? 'text-bad data-highlighted:bg-bad-soft'
    : 'text-fg data-highlighted:bg-panel-2 [&>svg]:text-muted';
  const content = (
    <>
      {Icon !== undefined && <Icon aria-hidden="true" />}
      <span className="flex-1 truncate">{label}</span>
      {hint !== undefined && <span className="ml-4 text-xs text-muted">{hint}</span>}
    </>
  );
  if (item.href !== undefined) {
    const target = item.newTab === true ? { target: '_blank', rel: 'noreferrer' } : {};
    return (
      <Radix.Item asChild disabled={disabled} className={`${menuItemClass} ${look}`}>
        <a href={item.href} {...target}>
          {content}
        </a>
      </Radix.Item>
    );
  }
  return (
    <Radix.Item disabled={disabled} onSelect={item.onSelect} className={`${menuItemClass} ${look}`}>
      {content}
    </Radix.Item>
  );
}
