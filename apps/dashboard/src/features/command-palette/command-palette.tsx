import { Command as Cmdk } from 'cmdk';
import { Search } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { createContext, type ReactNode, type RefObject, use, useRef, useState } from 'react';
import { dialogContentClass, dialogOverlayClass } from '../../shared/ui/dialog.tsx';
import { Kbd } from '../../shared/ui/kbd.tsx';
import { useReturnFocus } from '../../shared/ui/use-return-focus.ts';
import { type Command, type CommandGroup, rankCommands } from './rank-commands.ts';

interface CommandPaletteProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  /** A {@link CommandSearch}; while the palette is closed it is not there, and follows nothing. */
  readonly children: ReactNode;
}

interface OpenPalette {
  readonly choose: (command: Command) => void;
  readonly input: RefObject<HTMLInputElement | null>;
}

const OpenPaletteContext = createContext<OpenPalette | null>(null);

/** Finds whatever can be done by a few letters of its name. What was chosen runs when it is closed. */
export function CommandPalette({ isOpen, onClose, children }: CommandPaletteProps) {
  const { onOpenAutoFocus, onCloseAutoFocus } = useReturnFocus();
  const input = useRef<HTMLInputElement>(null);
  const chosen = useRef<Command | null>(null);
  const choose = (command: Command) => {
    chosen.current = command;
    onClose();
  };
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={dialogOverlayClass} />
        <Dialog.Content
          className={`${dialogContentClass} max-w-xl overflow-hidden`}
          aria-describedby={undefined}
          onOpenAutoFocus={(event) => {
            onOpenAutoFocus(event);
            input.current?.focus();
          }}
          // Not before: the focus is the palette's as long as it is there, and a command may move it.
          onCloseAutoFocus={(event) => {
            onCloseAutoFocus(event);
            chosen.current?.run();
            chosen.current = null;
          }}
        >
          <Dialog.Title className="sr-only">Search builds and commands</Dialog.Title>
          <OpenPaletteContext value={{ choose, input }}>{children}</OpenPaletteContext>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface CommandSearchProps {
  /** In this order while nothing is typed; then the best match comes first. */
  readonly groups: readonly CommandGroup[];
  /** What can be done with any text: offered last, so that there is always something to choose. */
  readonly forText: (text: string) => Command;
}

/** What is typed into the palette, and what can be chosen. */
export function CommandSearch({ groups, forText }: CommandSearchProps) {
  const palette = use(OpenPaletteContext);
  if (palette === null) throw new Error('There is no palette around this component.');
  const [text, setText] = useState('');
  const trimmed = text.trim();
  return (
    // Ctrl K closes the palette: it is not the way up in the list.
    <Cmdk
      label="Search builds and commands"
      loop
      shouldFilter={false}
      vimBindings={false}
      className="flex max-h-[inherit] flex-col"
    >
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search className="size-4 shrink-0 text-muted" aria-hidden="true" />
        <Cmdk.Input
          ref={palette.input}
          value={text}
          onValueChange={setText}
          placeholder="Search builds and commands…"
          className="h-13 min-w-0 flex-1 bg-transparent text-base text-ellipsis outline-none placeholder:text-muted"
        />
        <Kbd>Esc</Kbd>
      </div>
      <Cmdk.List label="Builds and commands" className="max-h-96 min-h-0 scroll-py-2 overflow-y-auto p-2">
        {rankCommands(groups, trimmed).map(({ title, commands }) => (
          <Cmdk.Group key={title} heading={title} className={groupClass}>
            {commands.map((command) => (
              <Item key={command.id} command={command} onChoose={palette.choose} />
            ))}
          </Cmdk.Group>
        ))}
        {trimmed !== '' && (
          <Cmdk.Group heading="Search" className={groupClass}>
            <Item command={forText(trimmed)} onChoose={palette.choose} />
          </Cmdk.Group>
        )}
      </Cmdk.List>
    </Cmdk>
  );
}

const groupClass =
  '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 ' +
  '[&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-muted';

interface ItemProps {
  readonly command: Command;
  readonly onChoose: (command: Command) => void;
}

function Item({ command, onChoose }: ItemProps) {
  const { id, label, icon, detail, keys = [] } = command;
  return (
    <Cmdk.Item
      value={id}
      onSelect={() => onChoose(command)}
      className="flex min-h-10 cursor-pointer items-center gap-3 rounded-lg px-2.5 text-sm select-none aria-selected:bg-accent-soft pointer-coarse:min-h-11 [&>svg]:size-4 [&>svg]:shrink-0"
    >
      {icon}
      <span className="min-w-0 truncate">{label}</span>
      {detail !== undefined && <span className="shrink-0 text-muted">{detail}</span>}
      <span className="ml-auto flex gap-1 max-sm:hidden" aria-hidden="true">
        {keys.map((key) => (
          <Kbd key={key}>{key}</Kbd>
        ))}
      </span>
    </Cmdk.Item>
  );
}
